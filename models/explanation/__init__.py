"""Why a lead has its score: exact contributions, reasons with evidence, what changed, and what to ask next.

Sentences are made from codes and values in one place, in the language of the reader.
"""

from models.explanation.contributions import Centres, centres_from_json, centres_of, contributions
from models.explanation.evidence import FEWEST_LEADS, Evidence, gather
from models.explanation.language import AGAINST_BOTH, RARE, REACHED, SOME, THERE, put, template
from models.explanation.lines import AGES, Beginning, ScoreLine, ScoreLines
from models.explanation.next_questions import (
    NextQuestion,
    Question,
    gather_questions,
    questions_from_json,
    questions_to_json,
    what_next,
)
from models.explanation.reasons import (
    MOST_REASONS,
    Breakdown,
    Context,
    Narrator,
    Reasons,
    Sentence,
    beside_others,
    say,
)
from models.explanation.score_change import Change, Snapshot, changes_between, with_values
from models.explanation.typical import TypicalLeads, gather_typical

__all__ = [
    "AGAINST_BOTH",
    "AGES",
    "FEWEST_LEADS",
    "MOST_REASONS",
    "RARE",
    "REACHED",
    "SOME",
    "THERE",
    "Beginning",
    "Breakdown",
    "Centres",
    "Change",
    "Context",
    "Evidence",
    "Narrator",
    "NextQuestion",
    "Question",
    "Reasons",
    "ScoreLine",
    "ScoreLines",
    "Sentence",
    "Snapshot",
    "TypicalLeads",
    "beside_others",
    "centres_from_json",
    "centres_of",
    "changes_between",
    "contributions",
    "gather",
    "gather_questions",
    "gather_typical",
    "put",
    "questions_from_json",
    "questions_to_json",
    "say",
    "template",
    "what_next",
    "with_values",
]
