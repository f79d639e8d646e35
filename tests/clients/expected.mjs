// What the scenario in JavaScript expects, and which writes it has made.
//
// In: values, calls that shall be refused, and writes as they are made. Out: an error that says what was expected and
// what came; the writes as lines of the server's log, for compare_log.py.

import { writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/** Two values are equal. */
export function same(what, found, wanted) {
    if (!isDeepStrictEqual(found, wanted)) {
        throw new Error(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
    }
}

/** A call is refused with this status and code; of `undefined` any code will do. */
export async function refused(what, call, status, code) {
    let found;
    try {
        found = await call;
    } catch (error) {
        // Of a batch the client throws what its parts were answered.
        const one = Array.isArray(error) ? error.find((part) => part instanceof Error) : error;
        const met = (one.code ?? one.error?.code)?.toLowerCase();
        same(`${what} (${one.message})`, [one.status, met], [status, code ?? met]);
        return one;
    }
    throw new Error(`${what}: was not refused, but answered ${JSON.stringify(found)}`);
}

/** The writes of a scenario, in their order. */
export class Writes {
    #lines = [];

    /** A row was made, changed or deleted. */
    row(what, table, id) {
        this.#lines.push({ what, table, id });
    }

    /** A record got an owner. */
    owner(table, id, owner) {
        this.#lines.push({ what: "assign", table, id, owner });
    }

    /** A role was given or taken. */
    role(what, id, role) {
        this.#lines.push({ what, id, role });
    }

    /** Writes them down. */
    keep(path) {
        writeFileSync(path, this.#lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    }
}
