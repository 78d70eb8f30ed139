"""Legal XML is read by what it is, with its own numbers, and gets the names that pages get."""

from __future__ import annotations

import pytest

from tracker.formats.errors import Unreadable
from tracker.formats.legal_xml import looks_like_legal_xml, read_legal_xml
from tracker.model import Block
from tracker.text.structure import structure

_AKN = """<?xml version="1.0" encoding="UTF-8"?>
<akomaNtoso xmlns="{namespace}"><act><meta><identification><FRBRExpression><FRBRlanguage language="eng"/>
<FRBRdate date="2026-01-02"/></FRBRExpression></identification></meta>
<preface><p><docTitle>An Act on registers</docTitle></p></preface>
<body><chapter eId="c1"><num>CHAPTER I</num><heading>SCOPE</heading>
<article eId="own_1"><num>Article 1</num><heading>Duties</heading>
<paragraph eId="own_1_1"><num>1.</num><list><intro><p>Everyone shall:</p></intro>
<point><num>(a)</num><content><p>keep a register<authorialNote marker="1"><p>See the form.</p></authorialNote>;</p></content></point>
<point><num>(b)</num><content><p>show it.</p></content></point></list></paragraph>
<paragraph><num>2.</num><content><p>It is public.</p></content></paragraph></article>
<article><num>Article 2</num><content><p>In Act 3, the following is added:</p>
<quotedStructure><article><num>Article 9</num><content><p>Nothing.</p></content></article></quotedStructure></content></article>
</chapter></body></act></akomaNtoso>"""
_NAMESPACES = [
    "http://docs.oasis-open.org/legaldocml/ns/akn/3.0",
    "http://docs.oasis-open.org/legaldocml/ns/akn/3.0/CSD13",
    "http://www.akomantoso.org/2.0",
    "http://Inhaltsdaten.LegalDocML.de/1.8.2/",
]
_FORMEX = """<?xml version="1.0"?><ACT xmlns:xsi="x" xsi:noNamespaceSchemaLocation="http://formex.publications.europa.eu/schema/formex-06.xd">
<BIB.INSTANCE><LG.DOC>FR</LG.DOC></BIB.INSTANCE><TITLE><TI><P>Règlement sur les registres</P></TI></TITLE>
<PREAMBLE><GR.CONSID><GR.CONSID.INIT>considérant ce qui suit:</GR.CONSID.INIT><CONSID><NP><NO.P>(1)</NO.P><TXT>Il faut des registres<NOTE NOTE.ID="E1"><P>JO L 1.</P></NOTE>.</TXT></NP></CONSID></GR.CONSID></PREAMBLE>
<ENACTING.TERMS><DIVISION><TITLE><TI><P>CHAPITRE I</P></TI><STI><P>OBJET</P></STI></TITLE>
<ARTICLE IDENTIFIER="001"><TI.ART>Article premier</TI.ART><STI.ART><P>Objet</P></STI.ART>
<PARAG IDENTIFIER="001.001"><NO.PARAG>1.</NO.PARAG><ALINEA><P>Chacun:</P><LIST TYPE="alpha"><ITEM><NP><NO.P>a)</NO.P><TXT>tient un <QUOT.START CODE="2018"/>registre<QUOT.END CODE="2019"/>;</TXT></NP></ITEM>
<ITEM><NP><NO.P>b)</NO.P><TXT>le montre.</TXT></NP></ITEM></LIST></ALINEA></PARAG></ARTICLE></DIVISION></ENACTING.TERMS></ACT>"""
_USLM = """<bill xmlns="http://schemas.gpo.gov/xml/uslm"><meta/><main><title><num>TITLE I</num><heading>REGISTERS</heading>
<section><num value="101">SEC. 101. </num><heading>DUTY.</heading><subsection><num>(a)</num><chapeau>Each agency shall—</chapeau>
<paragraph><num>(1)</num><content>keep a register; and</content></paragraph></subsection></section></title></main></bill>"""
_GII = """<dokumente builddate="1" doknr="X"><norm><metadaten><jurabk>RegG</jurabk><langue>Gesetz über Register</langue></metadaten></norm>
<norm doknr="X1"><metadaten><jurabk>RegG</jurabk><enbez>§ 1</enbez><titel>Pflicht</titel></metadaten><textdaten><text format="XML"><Content>
<P>(1) Jeder hat zu führen: <DL><DT>1.</DT><DD><LA>ein Register,</LA></DD><DT>2.</DT><DD><LA>eine Liste.</LA></DD></DL></P><P>(2) Sie ist öffentlich.</P></Content></text></textdaten></norm></dokumente>"""


def _named(body: str) -> dict[str, str]:
    return {block.eid: block.text for block in read_legal_xml(body.encode()).blocks}


@pytest.mark.parametrize("namespace", _NAMESPACES)
def test_akoma_ntoso_in_every_namespace(namespace: str) -> None:
    found = _named(_AKN.format(namespace=namespace))
    assert found["art_1__para_1__point_a"] == "(a) keep a register (1);"
    assert found["art_1__para_2"] == "2. It is public."
    assert found["chp_I__hdg"] == "SCOPE"
    assert found["note_1"] == "(1) See the form."
    assert not any(name.startswith("art_9") for name in found)


def test_the_xmls_own_identifiers_are_kept_as_anchors() -> None:
    blocks = read_legal_xml(_AKN.format(namespace=_NAMESPACES[0]).encode()).blocks
    assert {block.eid: block.anchor for block in blocks}["art_1__para_1"] == "own_1_1"


def test_facts_about_the_text() -> None:
    reading = read_legal_xml(_AKN.format(namespace=_NAMESPACES[0]).encode())
    assert (reading.title, reading.language) == ("An Act on registers", "en")
    assert reading.published is not None
    assert reading.published.year == 2026
    assert reading.accounting.kept > 0.9


def test_formex() -> None:
    found = _named(_FORMEX)
    assert found["rec_1"] == "(1) Il faut des registres (1)."
    assert found["art_1__para_1__point_a"] == "a) tient un ‘registre’;"
    assert found["art_1__hdg"] == "Objet"
    assert found["note_1"] == "(1) JO L 1."


def test_a_page_of_the_same_act_has_the_same_names() -> None:
    lines = ["considérant ce qui suit:", "(1) Il faut des registres (1).", "CHAPITRE I", "OBJET", "Article premier", "Objet", "1. Chacun:", "a) tient un ‘registre’;", "b) le montre."]  # fmt: skip
    page = {block.eid: block.text for block in structure([Block(line) for line in lines])}
    xml = _named(_FORMEX)
    assert {name: text for name, text in xml.items() if "_" in name and name[:2] != "p_" and "note" not in name} == {
        name: text for name, text in page.items() if name[:2] != "p_"
    }


def test_uslm() -> None:
    found = _named(_USLM)
    assert found["sec_101"] == "SEC. 101. DUTY."
    assert found["sec_101__subsec_a__para_1"] == "(1) keep a register; and"


def test_gii() -> None:
    found = _named(_GII)
    assert found["art_1"] == "§ 1 Pflicht"
    assert found["art_1__para_1__point_2"] == "2. eine Liste."
    assert found["art_1__para_2"] == "(2) Sie ist öffentlich."


@pytest.mark.parametrize("body", [_AKN.format(namespace=_NAMESPACES[0]), _FORMEX, _USLM, _GII])
def test_it_is_known_by_what_it_is(body: str) -> None:
    assert looks_like_legal_xml(body.encode())


@pytest.mark.parametrize(
    "body", ["<html><body>x</body></html>", "<rss><channel/></rss>", "<ACT>no</ACT>", "plain", "", "{}"]
)
def test_other_bodies_are_not_taken_for_it(body: str) -> None:
    assert not looks_like_legal_xml(body.encode())


def test_a_manifest_is_no_document() -> None:
    body = '<DOC xmlns:x="formex"><BIB.DOC/><FMX><REF>L.xml</REF></FMX></DOC>'
    with pytest.raises(Unreadable, match="manifest"):
        read_legal_xml(body.encode())


def test_entities_are_not_expanded() -> None:
    body = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _AKN.format(namespace=_NAMESPACES[0]).replace(
        "It is public.", "It is &x; public."
    ).removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert "root:" not in " ".join(block.text for block in read_legal_xml(body.encode()).blocks)


def test_deep_nesting_ends() -> None:
    deep = "<point><num>a</num>" * 900 + "<content><p>end</p></content>" + "</point>" * 900
    body = f'<akomaNtoso xmlns="{_NAMESPACES[0]}"><act><body><article><num>Article 1</num>{deep}</article></body></act></akomaNtoso>'
    try:
        blocks = read_legal_xml(body.encode()).blocks
    except (Unreadable, RecursionError):
        return
    assert blocks
