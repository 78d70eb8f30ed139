"""The words, endings, letters and scripts by which `language` tells languages apart; own lists of common words."""

from __future__ import annotations

import re

WORDS = {
    "en": (
        "the of and to in is that for it with as was on be by this are from at or which an not have has been "
        "their its will would shall may must any such who were they you your we our his her he she if other these "
        "those there can more about when all into"
    ),
    "fr": (
        "le la les de des du et un une en à au aux pour que qui dans par sur est sont il elle ils nous vous ce "
        "cette ces se sa son ses ne pas plus ou où avec être ont été leur leurs d' l' qu' s' n' c' j' mais comme "
        "sans sous entre fait tout tous toute l d s n qu"
    ),
    "de": (
        "der die das den dem des und oder in im ist sind war mit von vom zu zum zur für auf aus bei nach nicht "
        "ein eine einen einem einer eines wird werden wurde wurden hat haben auch als wie dass sich es er sie wir "
        "ihr ihre über durch unter vor bis nur noch aber kann diese dieser"
    ),
    "es": (
        "el la los las de del y en un una que se por con para es son no su sus al lo como más o pero fue ha han "
        "este esta estos estas entre sobre cuando también ser está sin desde hasta todos todo muy donde quien "
        "porque ya"
    ),
    "pt": (
        "o a os as de do da dos das e em no na nos nas um uma que se por com para é são não seu sua seus suas ao "
        "aos à às como mais ou mas foi pelo pela pelos pelas este esta entre sobre quando também ser está sem até "
        "num numa já muito isso"
    ),
    "it": (
        "il lo la i gli le di del della dei degli delle e in nel nella un una uno che si per con da dal dalla è "
        "sono non su sul sulla al alla alle come più o ma anche ha hanno questo questa tra fra essere stato stata "
        "dell all nell l d sull dall loro"
    ),
    "nl": (
        "de het een van en in op te is dat die voor met zijn niet aan er om door ook als bij of uit naar worden "
        "wordt werd heeft hebben deze dit over tot maar meer nog zich hun kan ze hij wij geen moet zal"
    ),
    "sv": (
        "och att det som en på är av för med den till inte om har de ett var jag men så från vid kan man nu när "
        "ska eller under efter också hade blev sig sina vara mellan alla denna detta"
    ),
    "da": (
        "og at det som en på er af for med den til ikke om har de et var jeg men så fra ved kan man når skal "
        "eller under efter også havde blev sig sine være mellem alle denne dette hvor"
    ),
    "no": (
        "og at det som en på er av for med den til ikke om har de et var jeg men så fra ved kan man når skal "
        "eller under etter også hadde ble seg sine være mellom alle denne dette hvor fikk blir bare"
    ),
    "fi": (
        "ja on ei että se oli hän ovat mutta kun niin myös joka tai kuin sekä sen jos jotka vain ole mukaan voi "
        "tämä nyt olla mitä jälkeen kanssa ennen koska olisi siitä tässä"
    ),
    "et": (
        "ja on ei et see oli ta kui ning või mis ka oma siis selle aga seda kes nii mille pärast kuid tema olla "
        "juba veel"
    ),
    "lv": (
        "un ir ar no par uz kas lai to ka bet arī tas kā pēc vai ne tiek gada nav var tā pie līdz savu bija viņš šo"
    ),
    "lt": (
        "ir yra į kad su iš tai už bet apie kaip ar nuo dėl jo jos po ne per buvo prie metų taip pat ši šis kurie kuris"
    ),
    "pl": (
        "i w na z do nie się to jest że o jak za od po przez ale dla są oraz lub tym tego ich przy jego jej który "
        "która które był było być może ze już tak także ma"
    ),
    "cs": (
        "a v na se je že o s z do k pro i to by jako ale za od po podle jeho jsou byl byla bylo nebo které který "
        "která jen také ve při už až bude může kteří není"
    ),
    "sk": (
        "a v na sa je že o s z do k pre i to by ako ale za od po podľa jeho sú bol bola bolo alebo ktoré ktorý "
        "ktorá len tiež vo pri už až bude môže ktorí nie"
    ),
    "sl": (
        "in je v na se da za z s ki so pa ne po tudi od do kot pri ali bi o to iz bil bila bilo ter lahko še med "
        "bo že ni"
    ),
    "hr": (
        "i je u na se da za s od su koji koja koje što o a ne kao po do iz ili bi to sa te će već ali biti njegov "
        "samo nije prema"
    ),
    "hu": (
        "a az és hogy nem is egy van ez csak meg ki de már volt mint még el vagy aki azt után szerint lehet "
        "között pedig által kell sem ha illetve"
    ),
    "ro": (
        "și de la în a cu pe nu că o să din un care este mai pentru sunt fi se au sau prin dar lui ca acest "
        "această al ale după ar fost între fără şi"
    ),
    "tr": (
        "ve bir bu için de da ile olarak çok daha en gibi olan kadar ne sonra var ise ya o mi değil göre üzere "
        "tarafından olduğu her ancak veya"
    ),
    "id": (
        "yang dan di dengan untuk pada dari ini itu dalam adalah tidak akan ke oleh atau juga telah sebagai dapat "
        "tersebut karena ada mereka kami kepada bahwa"
    ),
    "vi": "và của là có được cho trong với các những một không người này đã để về theo từ tại khi đến trên năm do",
    "ca": (
        "el la els les de del i en un una que es per amb és són no al als com més o però ha han aquest aquesta "
        "entre sobre quan també ser sense des fins seva seu seus dels pel pels l d s n"
    ),
    "gl": (
        "o a os as de do da dos das e en no na nos nas un unha que se por con para é son non seu súa ao aos como "
        "máis ou pero foi polo pola este esta entre sobre cando tamén ser está sen ata"
    ),
    "eu": (
        "eta da du ez dira bat dute zen izan baina den ere bere dela hau egin duen dituzte ditu horrek baino "
        "beste edo izango"
    ),
    "af": (
        "die van en in het is dat vir met nie op te om sy hy was wat aan ook as by uit na word deur kan maar ons "
        "hulle oor tot sal hierdie daar een"
    ),
    "sw": "ya na wa kwa ni katika za la cha kuwa hii hiyo au kama pia yake ambayo hilo watu wao lakini",
    "mt": "u li ta' fil tal il f' għall minn ma' fuq dan din huwa hija jew mill għandu biex kienu aktar fl dawn",
    "ga": "agus an na i ar le do de go is ní a bhí tá seo sin nó ag mar chun faoi leis atá",
    "is": "og að í á er sem við til um en var ekki með það hann fyrir af hún eru frá þess eða hafa verið þegar þar",
    "sq": "dhe të e në një për me që nga është i si më u nuk ka por ishte do se janë ky kjo ose",
    "ru": (
        "и в не на что с по как это из для от к о за но то а же все он она они его её их был была были быть при "
        "или так также который которые которая до если только уже мы вы года году со"
    ),
    "uk": (
        "і в не на що з як це до та у за від про для але є він вона вони його її їх був була були бути при або "
        "так також який які яка якщо вже ми ви року із й цього"
    ),
    "be": (
        "і ў не на што з як гэта да у за ад пра для але ён яна яны яго яе іх быў была былі быць пры або так "
        "таксама які якія якая гэты"
    ),
    "bg": (
        "и в на да се от за не е по с че са като до или при което който която които ще но бе това си най също "
        "тази този има във със бъде"
    ),
    "sr": (
        "и је у на се да за с од су који која које што о а не као по до из или би то са те ће већ али бити само "
        "није према"
    ),
    "mk": "и во на да се од за не е по со дека како до или при што кој која кои ќе но беше ова тоа има",
    "kk": "және мен бұл үшін бір да де бойынша деп болып осы оның туралы ол бар сол еді кейін",
    "ar": (
        "في من على إلى أن التي الذي هذا هذه عن مع ما لا كان كانت هو هي بين قد ذلك بعد كل أو ولا لم كما عند حول "
        "حيث خلال و"
    ),
    "fa": "و در به از که این را با است برای آن یک خود تا کرد بر هم نیز شد می شده ای های کند ما دارد اما یا هر بود",
    "ur": "کے کی میں ہے اور سے کا کو اس پر نے کہ ہیں یہ بھی ایک تھا تھی گیا ہو جو کر نہیں ان لیے وہ تو",
}
# Words of the subject, common in the titles of laws and lists, where function words are few; they count for less.
SUBJECTS = {
    "en": (
        "court state states united order opinion opinions case appeal board meeting meetings committee public act "
        "law laws data protection regulation regulations article section department office service services "
        "information policy report council commission national government health motion judgment notice agenda "
        "minutes hearing petition filed affirmed corporation company city county district rule rules standards "
        "guidance draft bill amendment agency safety security school published date released statement artificial "
        "intelligence update news new press events event download document documents"
    ),
    "fr": (
        "loi lois décret décrets arrêté arrêtés ordonnance règlement règlements relatif relative relatifs données "
        "protection commission conseil ministre ministère projet proposition assemblée nationale sénat séance "
        "publique rapport avis décision décisions droit droits cour intelligence artificielle sécurité santé "
        "numérique actualités communiqué accueil mise jour application modifiant portant"
    ),
    "de": (
        "gesetz gesetze verordnung verordnungen richtlinie bundestag bundesrat bundesregierung entwurf "
        "datenschutz künstliche intelligenz ministerium beschluss bekanntmachung änderung änderungen bericht "
        "ausschuss sitzung recht sicherheit verwaltung nachrichten meldung aktuelles pressemitteilung urteil "
        "gericht verfahren"
    ),
    "es": (
        "ley leyes decreto reglamento orden resolución artículo datos protección comisión consejo ministerio "
        "proyecto tribunal sentencia inteligencia artificial seguridad salud acuerdo sesión informe noticias "
        "aviso nacional"
    ),
    "pt": (
        "lei leis decreto regulamento portaria resolução artigo dados proteção comissão conselho ministério "
        "projeto tribunal acórdão inteligência segurança saúde sessão relatório notícias aviso"
    ),
    "it": (
        "legge leggi decreto regolamento ordinanza articolo dati protezione commissione consiglio ministero "
        "progetto corte sentenza intelligenza artificiale sicurezza salute seduta relazione notizie avviso"
    ),
    "nl": (
        "wet wetten besluit verordening regeling artikel gegevens bescherming commissie raad ministerie "
        "wetsvoorstel rechtbank uitspraak kunstmatige intelligentie veiligheid vergadering verslag nieuws"
    ),
    "pl": (
        "ustawa rozporządzenie uchwała artykuł dane danych ochrona ochrony komisja rada ministerstwo projekt sąd "
        "wyrok sztuczna sztucznej inteligencja inteligencji bezpieczeństwo wiadomości"
    ),
    "sv": "lag lagen förordning beslut riksdagen regeringen nämnd möte rapport nyheter säkerhet",
    "da": "lov loven bekendtgørelse forordning folketinget regeringen møde rapport nyheder sikkerhed",
    "fi": "laki asetus päätös hallitus eduskunta kokous tekoäly tietosuoja uutiset",
}
# How words of six letters and more end.
ENDINGS = {
    "en": "ing tion tions ness ity ed ally ments ship",
    "fr": "tion tions ment ments ité eur eurs eux ique iques aire ée ées",
    "de": "ung ungen keit heit lich lichen isch ische ischen schaft",
    "es": "ción ciones dad mente iento ado ados",
    "pt": "ção ções dade mente mento ado ados",
    "it": "zione zioni ità mente mento ato ati",
    "nl": "ing ingen heid lijk lijke schap",
    "pl": "ości owanie ego ych ów enia",
    "sv": "ning ningar het lig",
    "fi": "sta ssa lle lla minen sten",
    "tr": "ların lerin nın nin ması mesi",
    "hu": "ság ség ban ben nak nek",
    "cs": "ování ého ých ost",
    "ro": "ului elor ilor ție ții",
}
# Letters that one language has and its neighbours in the same script do not.
LETTERS = {
    "latin": {
        "de": "ß", "es": "ñ¿¡", "pt": "ãõ", "pl": "łąężźśńć", "cs": "řěů", "sk": "ľĺŕ", "ro": "țșţ", "tr": "ğış",
        "hu": "őű", "vi": "ạảấầẩậắằặẹẻẽếềểễệỉịọỏốồổộớờởợụủứừửữựỳỵỷỹđ", "lv": "āēīūļņķģ", "lt": "ėųį", "is": "þð",
        "mt": "ħġż", "fr": "œ", "sq": "ë",
    },
    "cyrillic": {"ru": "ыэё", "uk": "їєґ", "be": "ў", "sr": "ђћљњџ", "mk": "ѓќѕ", "kk": "әғқңөұүһ"},
    "arabic": {"fa": "پچژگک", "ur": "ٹڈڑںےہھ", "ar": "ةىيك"},
}  # fmt: skip
RARE = {"ja": frozenset("関発経総済実対応図団圧価仮気検権戦帰広県験剣駅読売続労働変様覧録処択払")}
# Script, its letters, and how many letters of an alphabet one of them stands for.
SCRIPTS = tuple(
    (name, re.compile(f"[{letters}]"), weight)
    for name, letters, weight in (
        ("latin", "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ", 1.0),
        ("cyrillic", "Ѐ-ԯ", 1.0),
        ("arabic", "ء-يٮ-ۓۺ-ۿݐ-ݿ", 1.2),
        ("han", r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff", 3.0),
        ("ja", "ぁ-ゖァ-ヺー", 2.0),
        ("ko", "가-힣ᄀ-ᇿ", 2.5),
        ("el", "Ͱ-Ͽἀ-῾", 1.0),
        ("he", "א-ת", 1.2),
        ("hy", "Ա-֏", 1.0),
        ("ka", "Ⴀ-ჿ", 1.0),
        ("hi", "ऀ-ॿ", 1.0),
        ("bn", "ঀ-৿", 1.0),
        ("pa", "਀-੿", 1.0),
        ("gu", "઀-૿", 1.0),
        ("ta", "஀-௿", 1.0),
        ("te", "ఀ-౿", 1.0),
        ("kn", "ಀ-೿", 1.0),
        ("ml", "ഀ-ൿ", 1.0),
        ("si", "඀-෿", 1.0),
        ("th", "ก-๛", 1.0),
        ("lo", "ກ-ໟ", 1.0),
        ("my", "က-႟", 1.0),
        ("km", "ក-៿", 1.0),
        ("am", "ሀ-፿", 1.5),
        ("bo", "ༀ-࿿", 1.0),
        ("mn", "᠀-᢯", 1.0),
    )
)
