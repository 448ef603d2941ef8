"""The words by which blame is told: who, what they are said to have done, and what only hindsight knows."""

from typing import Final


def any_of(words: str) -> str:
    """A pattern for any of the words, written with blanks between; _ stands for a blank inside of one."""
    return "(?:" + "|".join(word.replace("_", r"\s+") for word in words.split()) + ")"


ROLES: Final = any_of(
    "engineers? developers? operators? admins? administrators? dbas? sres? interns? contractors? technicians? "
    "reviewers? managers? commanders? responders? employees? colleagues? leads? seniors? juniors? programmers? "
    "deployers? testers? consultants? freelancers? architects? analysts? administrators? maintainers? specialists? "
    "trainees? apprentices? supervisors? directors? hires? newcomers? crew "
    "support management qa on-?call vendor's_technician team teams staff person someone "
    "somebody whoever guy he she they author authors"
)
# What only people do: no name is needed to know that a person is meant.
HUMAN_VERBS: Final = any_of(
    "forgot forgotten neglected overlooked botched mistyped misread misunderstood misjudged messed_up screwed_up "
    "messed_with slept_through fat-fingered bungled "
    "made_(?:a|the|another|an)_(?:\\w+_)?(?:mistakes?|errors?|slips?|blunders?|mess) "
    "lost_(?:track|sight|focus|patience) mixed_up turned_a_blind_eye looked_the_other_way dropped_the_ball overslept "
    "fell_asleep cut_corners took_(?:a_)?shortcuts? (?:dragged|dragging)_(?:his|her|their)_feet "
    "(?:paid|pays|paying)_(?:no|little|scant)_attention "
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
    "(?:is|are)_(?:to_blame|at_fault|careless|incompetent|negligent) should_(?:know|have_known)_better "
    # Neglect: what was not done, by whom.
    "never_(?:looked|checked|tested|read|asked|told|noticed|verified|reviewed|answered|responded|followed|learned"
    "|updated|documented|turned|thought) "
    "had(?:_not|n't|n’t|_never)_(?:looked|checked|tested|read|asked|told|verified|reviewed|answered|responded|followed"
    "|updated|documented|thought|noticed|rehearsed) "
    "did_nothing had_no_(?:idea|clue) kept_(?:quiet|silent) sat_on stood_by_and hesitated dithered procrastinated "
    "let_(?:the|a|an|this|that|our|his|her|their)_(?:\\w+_){1,2}(?:expire|lapse|rot|slip|slide|overflow|fail|run_out) "
    "left_(?:\\w+_){1,4}(?:open|running|unlocked|enabled|disabled|exposed|unattended|unprotected|unfinished) "
    "(?:was|were)(?:_not|n't|n’t)_(?:qualified|competent|careful|attentive|thorough|up_to) "
    "(?:was|were)_too_(?:lazy|proud|hasty|timid|careless|quick|confident|inexperienced|trusting) "
    "(?:was|were)_(?:\\w+ly_)?(?:forgetful|hasty|impatient|overconfident|unreliable|thoughtless|unprofessional) "
    # Haste and going around what protects.
    "rushed_(?:the|a|an|this|that|it|through) waved_(?:\\w+_){1,3}through bypassed circumvented overrode violated "
    "disobeyed abused covered_up concealed jumped_to_(?:\\w+_){0,2}conclusions? confused(?!_by) "
    "gave_(?:bad|poor|wrong|misleading)_\\w+ introduced_(?:a|the|an|this|another)_(?:\\w+_)?"
    "(?:bug|error|fault|defect|regression|flaw|typo|leak)"
)
# What anybody does, and is blamed for where one of the words after it stands beside.
ACTS: Final = any_of(
    "deleted dropped deployed pushed merged ran typed entered removed restarted applied used changed disabled "
    "shipped released copied executed killed rebooted selected chose picked edited overwrote wiped shut_down "
    "turned_off hit left clicked pressed set opened closed sent approved made gave unplugged pulled configured "
    "connected pasted upgraded moved ordered called took wrote"
)
# With these before it, a person's work is a reproach.
BAD: Final = any_of(
    "sloppy careless bad faulty broken wrong untested rushed reckless poor lazy hasty unreviewed stupid"
)
SLIPS: Final = any_of(
    "wrong untested unreviewed incorrect faulty accidentally inadvertently carelessly mistakenly recklessly "
    "by_mistake by_accident without_thinking without_checking without_testing without_asking without_telling "
    "without_approval without_permission without_review without_a_backup in_a_hurry in_haste against_the_rules"
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
    "shut hit won led "
    "spread rung sung cost hurt split spent meant slept taught fought hung stuck struck swung "
    "grown drawn flown thrown worn torn sworn foreseen"
)
ADVERB: Final = any_of(
    "\\w+ly of_course in_hindsight by_now never always also at_least first then ever still even just at_once "
    "perhaps already"
)
