"""Languages: the codes recordings carry become the tags players know.

Recordings carry ISO 639-2 codes of both kinds (`chi` and `zho`); BCP 47 allows a three-letter code
only where there is no two-letter one (RFC 5646 section 2.2.1).
"""

import re
from collections.abc import Iterator, Sequence

UNKNOWN = "und"

_CODES = """
aa=aar ab=abk ae=ave af=afr ak=aka am=amh an=arg ar=ara as=asm av=ava ay=aym az=aze ba=bak
be=bel bg=bul bh=bih bi=bis bm=bam bn=ben bo=bod,tib br=bre bs=bos ca=cat ce=che ch=cha co=cos
cr=cre cs=ces,cze cu=chu cv=chv cy=cym,wel da=dan de=deu,ger dv=div dz=dzo ee=ewe el=ell,gre
en=eng eo=epo es=spa et=est eu=eus,baq fa=fas,per ff=ful fi=fin fj=fij fo=fao fr=fra,fre fy=fry
ga=gle gd=gla gl=glg gn=grn gu=guj gv=glv ha=hau he=heb hi=hin ho=hmo hr=hrv ht=hat hu=hun
hy=hye,arm hz=her ia=ina id=ind ie=ile ig=ibo ii=iii ik=ipk io=ido is=isl,ice it=ita iu=iku
ja=jpn jv=jav ka=kat,geo kg=kon ki=kik kj=kua kk=kaz kl=kal km=khm kn=kan ko=kor kr=kau ks=kas
ku=kur kv=kom kw=cor ky=kir la=lat lb=ltz lg=lug li=lim ln=lin lo=lao lt=lit lu=lub lv=lav
mg=mlg mh=mah mi=mri,mao mk=mkd,mac ml=mal mn=mon mr=mar ms=msa,may mt=mlt my=mya,bur na=nau
nb=nob nd=nde ne=nep ng=ndo nl=nld,dut nn=nno no=nor nr=nbl nv=nav ny=nya oc=oci oj=oji om=orm
or=ori os=oss pa=pan pi=pli pl=pol ps=pus pt=por qu=que rm=roh rn=run ro=ron,rum ru=rus rw=kin
sa=san sc=srd sd=snd se=sme sg=sag si=sin sk=slk,slo sl=slv sm=smo sn=sna so=som sq=sqi,alb
sr=srp ss=ssw st=sot su=sun sv=swe sw=swa ta=tam te=tel tg=tgk th=tha ti=tir tk=tuk tl=tgl
tn=tsn to=ton tr=tur ts=tso tt=tat tw=twi ty=tah ug=uig uk=ukr ur=urd uz=uzb ve=ven vi=vie
vo=vol wa=wln wo=wol xh=xho yi=yid yo=yor za=zha zh=zho,chi zu=zul
"""
"""ISO 639-1, then its ISO 639-2 code for terminology and, where it differs, for bibliography."""

_WITHDRAWN = {"scc": "sr", "scr": "hr", "mol": "ro", "hbs": "sh"}
"""Old recordings carry them; none is a registered language of BCP 47."""

TWO_LETTERS = {
    long: short
    for short, _, codes in (entry.partition("=") for entry in _CODES.split())
    for long in codes.split(",")
} | _WITHDRAWN

BIBLIOGRAPHIC = {
    short: codes.split(",")[-1]
    for short, _, codes in (entry.partition("=") for entry in _CODES.split())
}
"""ISO 639-2, the kind that television and discs carry."""

NAMES = {
    "zh": "中文",
    "cmn": "普通话",
    "yue": "粤语",
    "bo": "བོད་སྐད་",
    "ii": "ꆈꌠꉙ",
    "kk": "Қазақша",
    "ko": "한국어",
    "mn": "Монгол",
    "ug": "ئۇيغۇرچە",
    "za": "Vahcuengh",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "ja": "日本語",
    "ru": "Русский",
}
"""What the speakers of a language call it, by its tag."""

# RFC 5646 section 2.1. Languages of four to eight letters are left out: the syntax keeps room for
# them, none was ever registered, and what looks like one is a word ("english").
_TAG = re.compile(
    r"""
    [a-z]{2,3} (-[a-z]{3}){0,3}             # language
    (-[a-z]{4})?                            # script
    (-([a-z]{2} | [0-9]{3}))?               # region
    (-([a-z0-9]{5,8} | [0-9][a-z0-9]{3}))*  # variants
    (-[0-9a-wyz] (-[a-z0-9]{2,8})+)*        # extensions
    (-x (-[a-z0-9]{1,8})+)?                 # private use
    | x (-[a-z0-9]{1,8})+
    """,
    re.VERBOSE,
)


def language_tag(code: str | None) -> str:
    """The BCP 47 tag a recording's `code` means; `und` where it is missing or means none."""
    lowered = (code or "").strip().lower()
    if not _TAG.fullmatch(lowered):
        return UNKNOWN
    language, *others = lowered.split("-")
    return "-".join((TWO_LETTERS.get(language, language), *_cased(language, others)))


def iso_639_2(tag: str) -> str:
    """The three letters of a BCP 47 tag's language; `und` where it has none."""
    language = tag.partition("-")[0]
    return BIBLIOGRAPHIC.get(language, language if len(language) == 3 else UNKNOWN)


def language_name(tag: str) -> str | None:
    """What its speakers call the language of `tag`; None where that is not known here."""
    return NAMES.get(tag.partition("-")[0])


def _cased(language: str, others: Sequence[str]) -> Iterator[str]:
    """The usual case, as in `zh-Hans-CN` [section 2.1.1]: equal tags are then equal texts."""
    extended = len(language) == 1
    for subtag in others:
        extended = extended or len(subtag) == 1
        if extended or len(subtag) not in (2, 4):
            yield subtag
        else:
            yield subtag.upper() if len(subtag) == 2 else subtag.title()
