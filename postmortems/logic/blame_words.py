"""The words by which blame is told: who, what they are said to have done, and what only hindsight knows."""

from typing import Final


def any_of(words: str) -> str:
    """A pattern for any of the words, written with blanks between; _ stands for a blank inside of one."""
    return "(?:" + "|".join(word.replace("_", r"\s+") for word in words.split()) + ")"


ROLES: Final = any_of(
    "engineers? developers? operators? admins? administrators? dbas? sres? interns? contractors? technicians? "
    "reviewers? managers? commanders? responders? employees? colleagues? leads? seniors? juniors? programmers? "
    "deployers? testers? consultants? freelancers? "
    "support management qa on-?call vendor's_technician team teams staff person someone "
    "somebody whoever guy he she they author authors"
)
# What only people do: no name is needed to know that a person is meant.
HUMAN_VERBS: Final = any_of(
    "forgot forgotten neglected overlooked botched mistyped misread misunderstood misjudged messed_up screwed_up "
    "messed_with slept_through fat-fingered bungled made_(?:a|the|another|an)_(?:\\w+_)?(?:mistakes?|errors?) "
    "(?:was|were)_(?:supposed|meant)_to let_(?:the|a|this|that)_\\w+_(?:slip|through) "
    "did(?:_not|n't|n’t)_(?:bother|care|think|pay_attention|read|listen)"
)
# What systems do too: blame only where a person does it.
VERBS: Final = any_of(
    "mis\\w+(?:ed|t) ignored broke(?!_(?:\\w+_){0,2}(?:into|out|off)) broken caused(?!_no) failed_to missed "
    "skipped misconfigured misapplied mishandled refused_to dismissed panicked took_down brought_down "
    "destroyed disregarded wasted "
    "ruined crashed corrupted "
    "did(?:_not|n't|n’t)_(?:notice|check|test|follow|look|see|realise|realize|verify|know|understand|escalate"
    "|respond|react|tell|ask|review|monitor|communicate|document) "
    "(?:was|were)_(?:careless|negligent|sloppy|lazy|reckless|incompetent|inattentive|at_fault|to_blame|too_slow"
    "|too_late|unaware|distracted|confused|unprepared|untrained|clueless|not_paying_attention|asleep) "
    "(?:is|are)_(?:to_blame|at_fault|careless|incompetent|negligent) should_(?:know|have_known)_better"
)
# What anybody does, and is blamed for where one of the words after it stands beside.
ACTS: Final = any_of(
    "deleted dropped deployed pushed merged ran typed entered removed restarted applied used changed disabled "
    "shipped released copied executed killed rebooted selected chose picked edited overwrote wiped shut_down "
    "turned_off hit left clicked pressed set opened closed sent approved"
)
# With these before it, a person's work is a reproach.
BAD: Final = any_of(
    "sloppy careless bad faulty broken wrong untested rushed reckless poor lazy hasty unreviewed stupid"
)
SLIPS: Final = any_of(
    "wrong untested unreviewed incorrect faulty accidentally inadvertently carelessly mistakenly recklessly "
    "by_mistake by_accident without_thinking without_checking without_testing without_asking without_telling "
    "without_approval without_permission without_review"
)
FAULTS: Final = any_of(
    "fault mistakes? errors? carelessness negligence failure oversight sloppiness laziness blunder incompetence "
    "ignorance inattention bad_judge?ment"
)
# How somebody did it, where the word alone reproaches.
HOW: Final = any_of(
    "accidentally inadvertently carelessly mistakenly recklessly wrongly blindly foolishly sloppily hastily "
    "naively negligently incorrectly stupidly thoughtlessly lazily"
)
# Between a person and the verb.
BETWEEN: Final = any_of("\\w+ly also then had has have who never just again not on_duty on_call himself herself")
PARTICIPLE: Final = any_of(
    "\\w+ed \\w{2,}en been known caught had gone done shown made told read run set put held kept left lost sent "
    "thought found felt brought built bought come become cut let begun got stood met paid said sold understood "
    "shut hit won led grown drawn flown thrown worn torn sworn foreseen"
)
ADVERB: Final = any_of(
    "\\w+ly of_course in_hindsight by_now never always also at_least first then ever still even just at_once "
    "perhaps already"
)
