"""Scores: a run, what the CRM took, the report, and what was erased of a lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from pipelines.console import OUT, say, table

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from funnel import Level
    from pipelines.crm import ConnectionResult
    from pipelines.personal import Forgotten, KeptLead
    from pipelines.push import PushResult, SetUpResult
    from pipelines.report import ReportResult
    from pipelines.score import ScoreResult
    from pipelines.watch import ChannelTest, Round


def show_scoring(result: ScoreResult) -> None:
    is_open = ", none of them open" if not result.open else f", {result.open:,} of them open"
    which, is_open = ("open leads", "") if result.scored == result.open > 0 else ("leads", is_open)
    OUT.print(
        f"{result.scored:,} {which} scored as of {result.as_of} with version {result.model_version}{is_open}; "
        f"{result.read:,} read, {result.left_out:,} left out, {result.quarantined:,} quarantined, "
        f"{result.later:,} created later."
    )
    where = f"written to {result.out} and kept" if result.out else "kept"
    say(f"{result.changed:,} scores are new or changed; {where} in the store, in {result.seconds} s")


def show_push(result: PushResult) -> None:
    """Show what the CRM took and what it refused."""
    if result.dry_run:
        say(f"{result.pending:,} scores would be written to {result.target}; nothing was changed.")
        for record in result.sample:
            say(f"  {', '.join(f'{name}={value}' for name, value in record.items())}")
    else:
        say(f"{result.written:,} scores written to {result.target} in {result.seconds} s, {result.rejected:,} refused.")
    if result.gone:
        say(f"{result.gone:,} leads are no longer there, deleted or merged: they were not made anew.")
    if result.dead:
        say(f"{result.dead:,} refused records wait for a change, or for `leadscore push --retry`:")
        for record in result.refused:
            say(f"  {record['lead_id']}: {record['reason']}")


def show_set_up(result: SetUpResult) -> None:
    say(f"{result.target}: the place for scores {'was made' if result.made else 'is there already'}.")


def show_connection(result: ConnectionResult) -> None:
    """Show who is signed in to the CRM, what they may do, how fresh it is, and what is missing."""
    rights = result.rights
    say(f"{rights.crm}, version {rights.version}, as {rights.user}")
    for words, allowed in rights.may.items():
        say(f"  {'may' if allowed else 'may not'} {words}")
    say(", ".join(f"{count:,} {name}" for name, count in rights.counts.items()))
    if rights.newest:
        say(f"last change of a lead: {rights.newest}")
    for note in rights.notes:
        say(note)
    say(f"never learned from: {', '.join(rights.left_out)}")
    for sentence in rights.missing:
        say(f"MISSING: {sentence}")
    say("Nothing is missing." if rights.is_complete else "The rest can be done meanwhile.")


def show_round(result: Round) -> None:
    """Show a round in one line."""
    if result.error:
        return say(f"{result.at}  round {result.number} failed and is tried again: {result.error}")
    if not result.changed:
        return say(f"{result.at}  nothing has changed{_alerted(result)}")
    scores = f"{result.scored:,} scored, {result.changed_scores:,} changed, {result.written:,} written"
    refused = f", {result.refused:,} refused" if result.refused else ""
    return say(f"{result.at}  {scores}{refused}{_alerted(result)} ({result.seconds:.1f} s)")


def _alerted(result: Round) -> str:
    if not result.alerts:
        return ""
    dead = f", {result.alerts['dead']:,} dead" if result.alerts["dead"] else ""
    return f"; alerts: {result.alerts['sent']:,} sent, {result.alerts['waiting']:,} waiting{dead}"


def show_test_alert(result: ChannelTest) -> None:
    say(f"A test alert was taken by the channel of {', '.join(result.sent_to)}.")


def show_forgotten(result: Forgotten) -> None:
    """Show where the lead was erased, and what is out of reach."""
    places = ", ".join(f"{name.replace('_', ' ')} ({count})" for name, count in result.erased.items() if count)
    say(f"{result.lead_id} was erased from: {places}" if places else f"Nothing is kept of {result.lead_id}.")
    for file, count in result.nameless.items():
        say(f"In {file} rows name no lead ({count:,}), and may be of this one:")
        say("  give the e-mail address of the person in the place of the id, or delete the file.")
    if "@" in result.lead_id:
        say("An e-mail address is looked for in the quarantine only: forget the lead by its id, too.")
    crm = (
        "Exported files elsewhere are"
        if "crm" in result.erased
        else "The CRM (see --crm) and exported files elsewhere are"
    )
    say(f"{crm} out of reach: erase the lead in its source too, or the next run scores it again.")


def show_kept(result: KeptLead) -> None:
    """Show all that is kept of a lead, a value a line."""
    if not result.anywhere:
        return say(f"Nothing is kept of {result.lead_id}.")
    of_store = {f"store, {name}": rows for name, rows in result.store.items()}
    of_files = {f"quarantine, {name}": rows for name, rows in result.quarantine.items()}
    for place, rows in (of_store | of_files | {"copies of tables": result.copies}).items():
        for row in rows:
            say(f"{place}:")
            for name, value in row.items():
                say(f"  {name}: {value}")
    for path in result.exports:
        say(f"named in {path}")
    return None


def show_report(result: ReportResult) -> None:
    """Show the steps of the funnel, the hottest open leads, and where the page is."""
    if result.reported.funnel:
        show_steps(result.reported.funnel.all)
    show_hottest(result.hottest)
    say(f"Report: {result.out}")


def show_steps(leads: Level) -> None:
    """Show how many leads come from stage to stage, and how fast."""
    grid = table("step", ">came to it", ">went on", ">rate", ">still there", ">median days", title="Funnel")
    for step in leads.steps:
        rate = "–" if step.went_on.rate is None else f"{step.went_on.rate:.1%}"
        days = "–" if step.median_days is None else f"{step.median_days:.1f}"
        counts = (f"{count:,}" for count in (step.entered, step.went_on.count))
        grid.add_row(f"{escape(step.start)} → {escape(step.to)}", *counts, rate, f"{step.open:,}", days)
    OUT.print(grid)


def show_hottest(leads: Sequence[Mapping[str, Any]]) -> None:
    """Show open leads with their top reason."""
    if not leads:
        return OUT.print("No lead is open.")
    grid = table(">score", "grade", "stage", "lead", "top reason", title="Hottest open leads")
    for lead in leads:
        reason = lead["reasons_up"][0] if lead["reasons_up"] else "–"
        grid.add_row(
            str(lead["score"]), lead["grade"] or "–", lead["stage"] or "–", escape(lead["lead_id"]), escape(reason)
        )
    return OUT.print(grid)
