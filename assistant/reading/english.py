"""What the rules of the dialogue look for in English words; the same questions that they put to Vietnamese ones."""

from __future__ import annotations

import re

_NOT = (
    r"(?:no|not|never|without|cannot|don t|lost|forget|none|dead|closed|gone|expired|deleted|hacked|neither"
    r"|nobody|blocked"
    r"|anymore|cancelled|stolen)"
)
_THINGS = {
    "email": r"(?:email|gmail|mailbox|inbox|yahoo|outlook)",
    "phone": r"(?:sim|phone|number|sim card)",
    "vneid": r"(?:vneid|level 2|level two|e id)",
}
_HAS = {
    subject: re.compile(
        rf"\b(?:have|got|use|open|access|remember|know|keep|own|with|has)\b(?: \w+){{0,4}} {words}\b"
        rf"|\b{words}\b(?: \w+){{0,3}} (?:works|work|fine|active|ok|open)\b"
    )
    for subject, words in _THINGS.items()
}
_NEGATED = re.compile(rf"\b{_NOT}\b")
#: Nobody asks what to do without a thing who says nothing of these.
LACKS = re.compile(rf"\b{_NOT}\b|\b(?:lost|lose|broken|stolen|dead|gone|closed|changed|old|locked|blocked|missing)\b")
_IN_USE = re.compile(
    r"(?<!not )\b(?:still|same) (?:have|use|using|work|works|active|keep|own|holding|number|sim|phone)\b"
    r"|\bnumber is still\b"
)
_NUMBER = re.compile(r"\b(?:sim|number|phone)\b")
_NO_VNEID = re.compile(
    r"\b(?:no|not|never|without|cannot)\b(?: \w+){0,4} (?:vneid|level 2)\b|\bvneid\b(?: \w+){0,4} (?:not|only"
    r"|level 1|level one)\b"
)
_CANNOT = re.compile(
    r"\b(?:cannot|can not|not|no way|unable|deaf|mute|hearing|impossible|hard|difficult|speak|useless|do not)\b"
)
_REMEMBERS = re.compile(r"\b(?:remember|know|password|log in|login|logged|get in)\b")
_LOST = re.compile(r"\b(?:phone|sim|link|email|battery|card|app|number|laptop|mailbox)\b(?: \w+){0,2} (?:died|dead)\b")
_DIED = re.compile(r"\b(?:passed away|pass away|deceased|died|death|dead|late (?:father|mother|husband|wife))\b")
_GAVE = (
    r"(?:gave|given|told|paid|pay|sent|transferred|clicked|click|opened|installed|entered|typed|read|scanned"
    r"|shared|filled"
    r"|downloaded|give|send|put)"
)
_NOT_YET = re.compile(
    rf"\b(?:not|never|nothing|no)\b(?: \w+){{0,2}} {_GAVE}\b|\b{_GAVE} (?:him |her |them )?nothing\b|\bshould i\b"
    rf"|\b(?:is|are) (?:it|this|that|they|these) (?:\w+ )?(?:safe|real|scam|true|normal|legit|genuine|fake|official)\b"
    rf"|\b(?:it|this|that) is (?:normal|legit|genuine|real|true|safe)$"
)
_DID = re.compile(
    rf"\b(?:already|just|have|i|we|he|she|husband|wife|and) {_GAVE}\b|\b{_GAVE} (?:it )?already\b|\blost money\b"
)
_ASKS_FOR = re.compile(
    r"\b(?:called|calls|phoned|messaged|message|contacted|wrote|came|offers?|someone|caller|man|guy|they|he|she"
    r"|agent)\b"
    r"(?: \w+){0,10}? (?:ask(?:s|ed|ing)?|want|said|say|says|tell|told|offer|offers|demand|need"
    r"|request)\b(?: \w+){0,10}?"
    r" (?:otp|password|code|money|pay|transfer|deposit|install|link|bank|passport|card|photo|fee|vnd|dollars?|k)\b"
)
_BEGIN = re.compile(
    r"\b(?:start|begin|let us (?:do|go|start)|go ahead|do it (?:now|here|please)|reset (?:it|now|please)|proceed"
    r"|continue)\b"
)
_STEP_DONE = re.compile(
    r"(?!.*\b(?:not|cannot|no|but|error|how|what|where|wrong|nothing)\b).*\b(?:done|finished|did it|completed"
    r"|opened it|i did)\b.*"
)
_GONE = re.compile(
    r"(?:i |it |it is |that is |both |they are |already )*(?:lost|gone|no longer|do not have|not have|cancelled"
    r"|expired|dead)\b"
)
_DISAGREES = re.compile(
    r"\b(?:not what i (?:ask|asked|mean|meant|want|wanted)|not my question|wrong answer|you do not understand"
    r"|did not answer"
    r"|does not answer|not the answer|that is not it|not helpful|misunderstood|i (?:did not|do not) ask(?:ed)?"
    r"|irrelevant)\b"
)
_MAY = re.compile(r"^(?:can|may|could) (?:i|we) (?:skip|stop|cancel|leave|pass)\b")
_WHETHER = re.compile(r"^(?:is|are|do|does|did|can|could|will|would|should|may|must|was|were|has|have)\b.*\w+")
_STEP = re.compile(r"\bstep (?:number )?(\d|one|two|three|four|five|six)\b")
_ITEM = re.compile(r"\b(?:number|point|question|item|the) (\d|one|two|three|first|second|third)\b")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "first": 1, "second": 2, "third": 3}
_LISTS = re.compile(r"\b(?:and|also|then|first|second|another|more|plus|questions|things|besides|\d)\b")
_WAITED = re.compile(
    r"\b(?:wait|waited|waiting)\b(?: \w+){0,4} (?:hours?|minutes?|days?|long|forever|morning|since|now|already|still)\b"
)
_LEFT = re.compile(
    r"\b(?:left (?:the |my )?(?:company|job|factory)|quit (?:my )?(?:job|company)|resigned|not work (?:there"
    r"|here) anymore"
    r"|no longer work|stopped working|company (?:is )?(?:closed|bankrupt)|finished my contract)\b"
)
_HERE = re.compile(
    r"(?:ok )?(?:here (?:it is|you are|you go|is (?:it|my \w+(?: \w+)?))|this is (?:it|my \w+(?: \w+)?)"
    r"|my (?:\w+ ){1,3}is|take it)"
)
_DONE = re.compile(
    r"(?:is it|are you|it is|is everything|so) (?:done|ok|okay|finished|ready|correct|right)(?: now| yet| already)*"
)
_ONE_BY_ONE = re.compile(r"\b(?:step by step|one by one|slowly|each step|guide me)\b")
_OFFICE = re.compile(
    r"\b(?:go(?:ing)? to|at|visit|come to) (?:the |an |your |bhxh )*(?:office|counter|there|place|bhxh)\b"
)
_ANOTHER = re.compile(
    r"^(?:and |what about |how about )+(?:my )?(?:father|mother|wife|husband|son|daughter|brother|sister|dad"
    r"|mom)\b|\bstill alive\b"
)
_RESETS = re.compile(r"\b(?:reset|new password|recover|get (?:it|my password|the password) back)\b")

#: How much is paid, not what it costs.
_AMOUNT = re.compile(
    r"\bhow much\b|\b(?:what|which|how many) (?:percent|percentage|amount|sum|rate)\b|\bfull (?:salary|wage|pay)\b"
    r"|\b(?:calculat|comput)\w+\b|\bworked out\b"
)
_FEE = re.compile(r"\b(?:fees?|free|charged?|costs?|price|expensive)\b")
#: What somebody was told, and doubts.
_HEARSAY = re.compile(
    r"\b(?:they|hr|company|boss|manager|colleagues?|friends?|people|someone|agent|facebook|internet)\b"
    r"(?: \w+){0,3}"
    r" (?:said|say|says|told|tell|tells|claims?|writes?|wrote)\b|\bi (?:heard|read|was told|thought)\b"
)

_MORE = re.compile(r"\b(?:more|else|further|details?)\b")
#: What a land of one's own does there, not where one is now.
_OF_MY_COUNTRY = re.compile(
    r"\b(?:in|at|from) (?:my|our) (?:own )?(?:country|home|place|land)\b(?: \w+)? (?:they|we|people|it|there|you|the"
    r"|government|state|workers?|everybody|everyone|is|has|have|gives?|pays?)\b"
    r"|\b(?:my|our) country (?:has|have|gives?|pays?|does|do|also|got)\b"
)
_IS_AWAY = re.compile(
    r"\b(?:back (?:in|to|home)|returned|return to|went home|left vietnam|abroad|overseas|am in|now in|live in|stay in"
    r"|living in|outside vietnam|flew)\b"
)
_A_PERSON = (
    r"(?:some(?:one|body)|any(?:one|body)|(?:a |an |the |your |real |live |actual |any |some |other )*"
    r"(?:human(?: being)?s?|persons?|people|staff|officers?|agents?|colleagues?|operators?|supervisors?|employees?|man"
    r"|woman|guys?))"
)
_WANTS_A_PERSON = re.compile(
    rf"\b(?:{_A_PERSON}|you|they) (?:can |could |may |please |will |to )*"
    r"(?:ring|call|phone|telephone|contact) (?:me|us)\b"
    r"|^(?:please |can |could |pls )*(?:ring|phone|call|telephone) me\b"
    r"|\b(?:ring|call|phone|telephone|contact) (?:me|us) (?:back|up)\b|\bcall ?back (?:please|possible)\b"
    rf"|\b(?:talk|speak|chat|write|text|type|message|discuss) (?:to|with) {_A_PERSON}\b"
    r"|\b(?:prefer|want|need|like|rather(?: have)?|get|give me) (?:to have |to get )?(?:a |an |real |live |actual )+"
    r"(?:human(?: being)?|person|agent)\b"
    r"|\b(?:human(?: being)?|real person|live agent) (?:please|instead)\b"
)
#: The caller is one to be warned of, or calls for another reason.
_CALLED_BY_THEM = re.compile(
    r"\b(?:called|phoned|rang|calls|keeps?|again|number|did|does|otp|money|transfer|link|scam|fake|police)\b"
)
_DOUBTS_US = re.compile(
    r"\b(?:how|who|what|why|maybe|perhaps|are|prove|sure|guarantee)\b(?: \w+)*?"
    r" (?:you|u|this (?:chat|bot|assistant))\b(?! sure\b)(?: \w+)*?"
    r" (?:same|one of|part of|real|scammers?|scam|fake|cheaters?|cheats?|(?:with|from|like) them|gang|team|group"
    r"|thie(?:f|ves)|genuine|honest|criminals?|work for|any different)\b"
    r"|\b(?:can|should|how can|how do|why should|may|could) i (?:really |even |also )*"
    r"(?:trust|believe) (?:you|u|this chat|this bot)\b"
)
_MAIL = r"(?:email|gmail|mailbox|yahoo|outlook|hotmail|mail)"
#: A mailbox is there, said in other words than that one has it.
_MAILBOX = re.compile(
    r"\b(?:there (?:is|was)|it (?:is|was|has|had)|i (?:\w+ )?(?:put|gave|used?|registered|wrote|set|open|have|had|got"
    rf"|remember)|still (?:have|use|open|works?)|got|have|with)\b(?: \w+){{0,5}}? {_MAIL}\b"
    rf"|\b{_MAIL}\b(?: \w+){{0,4}}? (?:works?|working|fine|active|alive|open|there|registered|in use|mine|used)\b"
)
_OPENS_AS_ASKING = re.compile(
    r"^(?:and |but |so |ok )*(?:what|which|where|why|how|who|when|if|is|are|do|does|did|can|could|should|must|will)\b"
)
_HOW_IT_WORKS = re.compile(
    r"\bhow (?:does|do|will|would|is|exactly does)\b(?: \w+){0,3}? (?:reset|resetting|recovery|process|procedure|system"
    r"|whole thing|all this|password thing)\b(?: \w+){0,2}? (?:work|works|go|goes|done|happen|function|run)\b"
    r"|\bhow (?:does|do|will|would) (?:it|this|that|all this|the reset) (?:all )?(?:work|go|function)\b"
    r"|\b(?:what|which) (?:are |is )?(?:the |all |your |whole |full |entire )*(?:steps|process|procedure)\b"
    r"|\b(?:explain|describe|tell me|summari[sz]e|give me)(?: \w+){0,3} (?:process|procedure|steps|reset)\b"
    r"|\bwalk me through\b|\bwhat happens (?:after|when|once|if) i (?:give|send|type|tell)\b"
)
_NEEDED_FROM_ME = re.compile(
    r"\bwhat (?:\w+ )?(?:would|will|do|must|should) (?:you|i) (?:\w+ )?(?:want|need|require|ask|give|send|have to give)"
    r"(?: to know)?(?: (?:from|of|me|you|for|here|first))*$"
)
#: A new password is wished for now, amid another talk.
_NOW = re.compile(
    r"^(?:(?:ok|okay|oke|then|so|fine|alright|right|please|yes|well|good|now|and|just|can|could|we|you|i|let us|let me"
    r"|let s|will|want|would like|like|need|to|lah|first) )*"
    r"(?:(?:do|start|begin|make|try|run|go for|go with|take) )?(?:the |a |my |this |that )?(?:password )?"
    r"(?:reset|new password|password reset)"
    r"(?: (?:now|quickly|fast|please|first|here|then|lah|today|right away|thanks))*$"
)
_LOST_PASSWORD = re.compile(
    r"\bpassword (?:is |was |got |i |also |has |been |too |all )*(?:lost|forget|gone|missing|unknown|not remember"
    r"|do not remember|do not know|cannot remember)\b"
    r"|\b(?:lost|lose|forget|not remember|not know|no idea of) (?:\w+ ){0,3}password\b"
)
_WHAT_WE_DO = re.compile(
    r"\bwhat (?:else )?(?:can|do|could) you (?:yourself |actually |really )?(?:do|help|handle|offer|solve)\b"
    r"(?! (?:if|when|with my|about my))"
)
_THANKS_ALONE = re.compile(
    r"(?!.*\b(?:not|no|but|still|how|what|where|why|when|which|who|can you|error|wrong|cannot|if|please)\b)"
    r".*\b(?:thanks?|thank you|thx|cheers|appreciated?|grateful|salamat)\b.*"
)


def asks_amount(plain: str) -> bool:
    """Tells whether it is asked how much is paid."""
    return bool(_AMOUNT.search(plain))


def asks_fee(plain: str) -> bool:
    """Tells whether it is asked what something costs."""
    return bool(_FEE.search(plain))


def was_told(plain: str) -> bool:
    """Tells whether the words repeat what somebody was told."""
    return bool(_HEARSAY.search(plain))


def has(plain: str, subject: str) -> bool:
    """Tells whether the words say that the person has it, without a no in them."""
    if subject == "phone" and uses_number(plain):
        return True
    return bool(_HAS[subject].search(plain)) and not _NEGATED.search(plain)


def uses_number(plain: str) -> bool:
    """Tells whether the words say that the number is still in use."""
    return bool(_IN_USE.search(plain)) and bool(_NUMBER.search(plain))


def lacks(plain: str, subject: str) -> bool:
    """Tells whether the words name it together with a no."""
    return bool(re.search(rf"\b{_THINGS[subject]}\b", plain) and _NEGATED.search(plain))


#: Nobody speaks for another without a word for them.
_SOMEBODY = re.compile(
    r"\b(?:mother|mom|mum|mama|father|dad|papa|parents?|grand\w+|granny|uncles?|aunts?|husband|wife|spouse|partner"
    r"|brothers?|sisters?|siblings?|friends?|colleagues?|coworkers?|employees?|staff|workers?|relatives?|family"
    r"|neighbou?rs?|in law|(?:old|older|elderly) \w+|boyfriend|girlfriend|child|children|kids?|sons?|daughters?"
    r"|bab(?:y|ies)"
    r"|newborn|infant|nephews?|nieces?|cousins?|maid|nanny|helper|he|she|him|her|his|hers|they|them|their|someone"
    r"|somebody|another person|other people|person)\b"
)


def denied(plain: str) -> frozenset[str]:
    """Returns the facts that cannot be told in these words, however like them they are."""
    found = set()
    if _NO_VNEID.search(plain):
        found.add("has_vneid")
    if not _CANNOT.search(plain):
        found.add("cannot_call")
    if not _REMEMBERS.search(plain):
        found.add("remembers_password")
    if not _DIED.search(plain) or _LOST.search(plain):
        found.add("for_dead")
    if nothing_was_given(plain):
        found.add("scam_done")
    if not _SOMEBODY.search(plain):
        found |= {"for_parent", "for_child"}
    if _OF_MY_COUNTRY.search(plain) and not _IS_AWAY.search(plain):
        found.add("abroad")
    return frozenset(found)


def is_another_person(plain: str) -> bool:
    """Tells whether another person is spoken of than before, or one who lives."""
    return _ANOTHER.search(plain) is not None


def nothing_was_given(plain: str) -> bool:
    """Tells whether nothing is said to have been given, or only to have been asked for."""
    return bool(_NOT_YET.search(plain)) and not _DID.search(_NOT_YET.sub("", plain))


def something_was_given(plain: str) -> bool:
    """Tells whether few words after a warning say that what it warns of was done."""
    return bool(_DID.search(plain)) and not _NOT_YET.search(plain)


def somebody_wants_something(plain: str) -> bool:
    """Tells whether somebody is said to have called or written, and to want a code, money, an app, papers."""
    return bool(_ASKS_FOR.search(plain))


def begins(plain: str) -> bool:
    """Tells whether the words begin what was offered."""
    return bool(_BEGIN.search(plain))


def step_is_done(plain: str) -> bool:
    """Tells whether the words say that a step is done."""
    return bool(_STEP_DONE.fullmatch(plain))


def is_gone(plain: str) -> bool:
    """Tells whether the words say that what was asked for is gone."""
    return bool(_GONE.match(plain))


def objects(plain: str) -> bool:
    """Tells whether the words object to the answer."""
    return bool(_DISAGREES.search(plain))


def asks_leave(plain: str) -> bool:
    """Tells whether the words ask whether something may be left out."""
    return bool(_MAY.search(plain))


def asks_whether(plain: str) -> bool:
    """Tells whether the words are a question for yes or no."""
    return bool(_WHETHER.fullmatch(plain))


def step_named(plain: str) -> int:
    """Returns the number of the step that is named; 0 if none is."""
    return _number(_STEP.search(plain))


def item_named(plain: str) -> int:
    """Returns the number of the item that is named; 0 if none is."""
    return _number(_ITEM.search(plain))


def _number(found: re.Match[str] | None) -> int:
    if found is None:
        return 0
    return int(found[1]) if found[1].isdigit() else _NUMBERS[found[1]]


def lists(plain: str) -> bool:
    """Tells whether the words join one question to another."""
    return bool(_LISTS.search(plain))


def waited(plain: str) -> bool:
    """Tells whether the words say that somebody waited in vain."""
    return bool(_WAITED.search(plain))


def left_employer(plain: str) -> bool:
    """Tells whether the words say that the person has left the employer."""
    return bool(_LEFT.search(plain))


def announces(plain: str) -> bool:
    """Tells whether the words only announce a value that stands beside them."""
    return bool(_HERE.fullmatch(plain))


def asks_if_done(plain: str) -> bool:
    """Tells whether the words ask how things stand."""
    return bool(_DONE.fullmatch(plain))


def wants_more(plain: str) -> bool:
    """Tells whether more of the same is wished for, and not the same again."""
    return bool(_MORE.search(plain))


def wants_each_step(plain: str) -> bool:
    """Tells whether the words wish for one step at a time."""
    return bool(_ONE_BY_ONE.search(plain))


def goes_there(plain: str) -> bool:
    """Tells whether the words speak of going to an office."""
    return bool(_OFFICE.search(plain))


def resets(plain: str) -> bool:
    """Tells whether the words wish for a new password."""
    return bool(_RESETS.search(plain))


def wants_person(plain: str) -> bool:
    """Tells whether a person is wished for, to talk, write or call, and none has called already."""
    return bool(_WANTS_A_PERSON.search(plain)) and not _CALLED_BY_THEM.search(plain)


def doubts_us(plain: str) -> bool:
    """Tells whether the words doubt that it is safe to talk to this assistant."""
    return bool(_DOUBTS_US.search(plain))


def has_mailbox(plain: str) -> bool:
    """Tells whether the words say, and do not ask, that there is a mailbox which is in use."""
    return bool(_MAILBOX.search(plain)) and not (_NEGATED.search(plain) or _OPENS_AS_ASKING.search(plain))


def asks_how_it_works(plain: str) -> bool:
    """Tells whether the whole way to a new password is asked for, not a step of it."""
    return bool(_HOW_IT_WORKS.search(plain))


def only_thanks(plain: str) -> bool:
    """Tells whether the words thank, and neither ask anything nor say that something fails."""
    return bool(_THANKS_ALONE.fullmatch(plain))


def asks_what_is_needed(plain: str) -> bool:
    """Tells whether it is asked what somebody has to give us."""
    return bool(_NEEDED_FROM_ME.search(plain))


def wants_it_now(plain: str) -> bool:
    """Tells whether the words wish for the reset now, and for nothing else."""
    return bool(_NOW.fullmatch(plain))


def lost_password(plain: str) -> bool:
    """Tells whether the words tell, and do not ask, that the password is lost."""
    return bool(_LOST_PASSWORD.search(plain)) and not re.search(r"\b(?:if|when|suppose|not want)\b", plain)


def asks_what_we_do(plain: str) -> bool:
    """Tells whether it is asked what this assistant can do."""
    return bool(_WHAT_WE_DO.search(plain))
