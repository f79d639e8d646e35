"""Names of companies and of contacts, for samples: fictional, from several languages, all in Windows-1252."""

COMPANIES = ("Adatum Alpine Consolidated Fabrikam Fourth-Coffee Graphic-Design Humongous Litware Lucerne Margie "
             "Northwind Proseware Relecloud Southridge Tailspin Trey VanArsdel Wingtip Woodgrove Wide-World").split()
KINDS = ("Maschinenbau Logistik Försäkring Fastigheter Électronique Boulangerie Construcciones Hostelería "
         "Têxteis Móveis Energi Shipping Foods Pharma Bäckerei Möbel Rederi Verkehr Télécom Café").split()
FORMS = ("GmbH", "AG", "AB", "A/S", "Oy", "S.A.", "S.L.", "Lda.", "SARL", "Ltd")
CITIES = ("München", "Zürich", "Düsseldorf", "Malmö", "Göteborg", "København", "Ålesund", "Jyväskylä", "Lisboa",
          "Évora", "Coimbra", "Málaga", "A Coruña", "Logroño", "Besançon", "Genève", "Nîmes", "Wien", "Köln", "Cádiz")
FIRST = ("Adèle Björn Cécile Dagmar Emil Fátima Gonçalo Håkon Inga Jörg Karin Lena Måns Noémie Olívia Pilar Quirin "
         "René Sólveig Thérèse Ursula Viktor Wanda Xavier Yvonne Andrés Brígida Cláudia Domingo Ève").split()
LAST = ("Almeida Bäcker Córdoba Dürr Engström Frías Günther Hübner Ibáñez Jørgensen Köhler Lund Müller Núñez Öberg "
        "Peña Quiroga Rønning Sørlie Téllez Uhl Vaz Wåhlin Xavier Yáñez Zöllner Brandão Château Doré Ekström").split()
NOTES = ("Rahmenvertrag bis 2027, bitte vor Verlängerung anrufen", "Client depuis 2014 – « compte clé »",
         "Kontaktar oss på våren; säsongsverksamhet", "Pago a 60 días", "Preço especial: 12 % desconto")


def companies(chooser, count):
    """`count` different company names."""
    names = []
    while len(names) < count:
        name = f"{chooser.choice(COMPANIES).replace('-', ' ')} {chooser.choice(KINDS)} {chooser.choice(FORMS)}"
        if name not in names:
            names.append(name)
    return names


def contacts(chooser, count):
    """`count` different (first, last) names."""
    names = []
    while len(names) < count:
        name = (chooser.choice(FIRST), chooser.choice(LAST))
        if name not in names:
            names.append(name)
    return names
