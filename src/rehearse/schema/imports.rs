//! The tables of the service's data import, as data.
//!
//! In: nothing. Out: sets, columns and ways, by the published references of the entities. Their rows stand beside the
//! environment file as a whole; what is done with them is `import/`.

use crate::rehearse::schema::Kind::{Boolean, Id, Integer, Lookup, Text};
use crate::rehearse::schema::Way;
use crate::rehearse::schema::facts::Facts;

#[rustfmt::skip] // keeps a column to a line
pub(super) const IMPORTS: &[Facts] = &[
    Facts {
        logical: "importmap", set: "importmaps", id: "importmapid", name: Some("name"), ownership: "UserOwned",
        from: "(SELECT id FROM rehearsal_row WHERE logical = 'importmap')", order: "id",
        columns: &[("importmapid", Id, "id")],
        beside: &[
            ("name", Text), ("description", Text), ("source", Text), ("targetentity", Integer),
            ("entitiesperfile", Integer), ("importmaptype", Integer), ("statecode", Integer), ("statuscode", Integer),
        ],
        ways: &[("ColumnMapping_ImportMap", Way::Many("columnmapping", "_importmapid_value"))],
    },
    Facts {
        logical: "columnmapping", set: "columnmappings", id: "columnmappingid", name: Some("sourceattributename"),
        ownership: "None",
        from: "(SELECT id FROM rehearsal_row WHERE logical = 'columnmapping')", order: "id",
        columns: &[("columnmappingid", Id, "id")],
        beside: &[
            ("sourceattributename", Text), ("sourceentityname", Text), ("targetattributename", Text),
            ("targetentityname", Text), ("processcode", Integer), ("_importmapid_value", Lookup("importmap")),
        ],
        ways: &[("importmapid", Way::One("_importmapid_value"))],
    },
    Facts {
        logical: "import", set: "imports", id: "importid", name: Some("name"), ownership: "UserOwned",
        from: "(SELECT id FROM rehearsal_row WHERE logical = 'import')", order: "id",
        columns: &[("importid", Id, "id")],
        beside: &[
            ("name", Text), ("modecode", Integer), ("sequence", Integer), ("sendnotification", Boolean),
            ("emailaddress", Text), ("isimport", Boolean), ("statecode", Integer), ("statuscode", Integer),
        ],
        ways: &[
            ("Import_ImportFile", Way::Many("importfile", "_importid_value")),
            ("Import_AsyncOperations", Way::Many("asyncoperation", "_regardingobjectid_value")),
        ],
    },
    Facts {
        logical: "importfile", set: "importfiles", id: "importfileid", name: Some("name"), ownership: "UserOwned",
        from: "(SELECT id FROM rehearsal_row WHERE logical = 'importfile')", order: "id",
        columns: &[("importfileid", Id, "id")],
        beside: &[
            ("name", Text), ("content", Text), ("source", Text), ("size", Text), ("sourceentityname", Text),
            ("targetentityname", Text), ("isfirstrowheader", Boolean), ("usesystemmap", Boolean),
            ("enableduplicatedetection", Boolean), ("fielddelimitercode", Integer), ("datadelimitercode", Integer),
            ("filetypecode", Integer), ("processcode", Integer), ("upsertmodecode", Integer), ("headerrow", Text),
            ("statecode", Integer), ("statuscode", Integer), ("totalcount", Integer), ("successcount", Integer),
            ("failurecount", Integer), ("partialfailurecount", Integer), ("_importid_value", Lookup("import")),
            ("_importmapid_value", Lookup("importmap")), ("_recordsownerid_value", Lookup("owner")),
        ],
        ways: &[
            ("importid", Way::One("_importid_value")),
            ("importmapid", Way::One("_importmapid_value")),
            ("recordsownerid_systemuser", Way::One("_recordsownerid_value")),
            ("recordsownerid_team", Way::One("_recordsownerid_value")),
            ("ImportLog_ImportFile", Way::Many("importlog", "_importfileid_value")),
        ],
    },
    Facts {
        logical: "importlog", set: "importlogs", id: "importlogid", name: None, ownership: "UserOwned",
        from: "(SELECT id FROM rehearsal_row WHERE logical = 'importlog')", order: "id",
        columns: &[("importlogid", Id, "id")],
        beside: &[
            ("sequencenumber", Integer), ("linenumber", Integer), ("errornumber", Integer), ("errordescription", Text),
            ("headercolumn", Text), ("columnvalue", Text), ("additionalinfo", Text), ("logphasecode", Integer),
            ("statecode", Integer), ("statuscode", Integer), ("_importfileid_value", Lookup("importfile")),
        ],
        ways: &[("importfileid", Way::One("_importfileid_value"))],
    },
];
