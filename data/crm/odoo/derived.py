"""How the tables of the vocabulary follow from copies of Odoo's records, in SQL.

won      the stage says so (17, 18), or ``won_status`` does (19)
lost     archived with a reason or with the message that the lead was lost; on 19 as ``won_status`` says
left out archived otherwise: nobody knows what became of these leads
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from data.crm.base import CrmQuery
from data.crm.odoo.fields import ACCOUNTS, ROLES, Fields, column_of

NOTE = "mt_note"
TIME, TEXT, NUMBER = "TIMESTAMP", "VARCHAR", "DOUBLE"


class History(StrEnum):
    """Where the stages of a lead come from, best first; the value is what is said of it."""

    TRACKING = "stage history: exact, from the values that Odoo tracks (mail.tracking.value)"
    DURATIONS = (
        "stage history: rebuilt from the dates of changes and the time in each stage (duration_tracking), since this "
        "user may not read mail.tracking.value; exact where each stage was entered once. An administrator can grant "
        "the right to read it"
    )
    MESSAGES = (
        "stage history: only the present stage and when it was entered, since this user may not read "
        "mail.tracking.value; an administrator can grant the right to read it"
    )


def derived_tables(
    types: Mapping[str, str], fields: Fields, relations: Mapping[str, str], history: History, *, meetings: bool
) -> dict[str, CrmQuery]:
    """Return all tables: ``types`` are the columns of the copied leads, ``relations`` those that name something."""
    status = _status(types)
    return {
        "leads": _leads(types, fields, relations, status),
        "events": CrmQuery(
            {"event_id": TEXT, "lead_id": TEXT, "occurred_at": TIME, "type": TEXT}, _events(status, meetings=meetings)
        ),
        "stages": CrmQuery(
            {"lead_id": TEXT, "stage": TEXT, "entered_at": TIME}, _stages(status, history), [history.value]
        ),
        "outcomes": CrmQuery(
            {"lead_id": TEXT, "closed_at": TIME, "won": TEXT, "amount": NUMBER}, _outcomes(status, history, types)
        ),
    }


MARKS = """
    marks AS (
        SELECT m.res_id AS lead, max(m.date) FILTER (t.meaning = 'mt_lead_lost') AS lost_at,
            max(m.date) FILTER (t.meaning = 'mt_lead_restored') AS restored_at
        FROM mail_message m JOIN mail_message_subtype t ON t.id = m.subtype_id GROUP BY m.res_id)"""


def _status(types: Mapping[str, str]) -> str:
    """Return the common table expressions ``marks`` and ``leads_by_status``, the leads with what became of them."""
    was_lost = "(k.lost_at IS NOT NULL AND k.lost_at >= coalesce(k.restored_at, k.lost_at))"
    if "won_status" in types:
        status = "CASE WHEN lower(l.won_status) = 'won' THEN 'won' WHEN lower(l.won_status) = 'lost' THEN 'lost' END"
    else:
        lost = f"l.active = 'false' AND (l.lost_reason_id IS NOT NULL OR {was_lost})"
        status = f"CASE WHEN {lost} THEN 'lost' WHEN s.is_won = 'true' THEN 'won' END"
    return f"""{MARKS},
    every_lead AS (
        SELECT l.*, {status} AS status, s.name AS stage_name, s.is_won = 'true' AS in_won_stage,
            CASE WHEN {was_lost} THEN k.lost_at END AS marked_lost_at
        FROM crm_lead l LEFT JOIN crm_stage s ON s.id = l.stage_id LEFT JOIN marks k ON k.lead = l.id),
    leads_by_status AS (SELECT * FROM every_lead WHERE status IS NOT NULL OR active = 'true')"""


def _leads(types: Mapping[str, str], fields: Fields, relations: Mapping[str, str], status: str) -> CrmQuery:
    columns: dict[str, tuple[str, str]] = {
        "id": (TEXT, "l.id::VARCHAR"),
        "create_date": (TIME, "l.create_date"),
        "stage": (TEXT, "coalesce(l.status, l.stage_name)"),
    }
    account = next((name for name in ACCOUNTS if name in types), None)
    if account:
        columns["account"] = (TEXT, f"l.{account}::VARCHAR")
    if "user_id" in types:
        columns["owner"] = (TEXT, "(SELECT u.name FROM res_users u WHERE u.id = l.user_id)")
    for name, kind in types.items():
        if name in (*ROLES, *ACCOUNTS, "id", "user_id", "duration_tracking"):
            continue
        free = column_of(name) if column_of(name) not in columns else name
        columns[free] = _cell(name, kind, fields, relations)
    cells = ", ".join(f'{sql} AS "{name}"' for name, (_, sql) in columns.items())
    sql = f"WITH {status} SELECT {cells} FROM leads_by_status l ORDER BY l.id"
    archived = "format('{:,} leads are left out: archived, and nobody knows whether they were lost', count(*))"
    remark = f"WITH {status} SELECT {archived} FROM every_lead WHERE id NOT IN (SELECT id FROM leads_by_status)"
    types_of_columns = {name: kind for name, (kind, _) in columns.items()}
    return CrmQuery(types_of_columns, sql, remark=f"{remark} HAVING count(*) > 0")


def _cell(name: str, kind: str, fields: Fields, relations: Mapping[str, str]) -> tuple[str, str]:
    if name not in relations:
        return kind, f'l."{name}"'
    names = f"names_of_{relations[name].replace('.', '_')}"
    if fields[name]["type"] == "many2one":
        return TEXT, f'(SELECT n.display_name FROM {names} n WHERE n.id = l."{name}")'
    ids = f"string_split(l.\"{name}\", ';')"
    return (
        TEXT,
        f"(SELECT string_agg(n.display_name, ';' ORDER BY n.display_name) FROM {names} n"
        f" WHERE list_contains({ids}, n.id::VARCHAR))",
    )


def _events(status: str, *, meetings: bool) -> str:
    """Messages that somebody wrote, activities that were done, and meetings: when they were booked and when held.

    Who wrote is a colleague where they are a user of Odoo that is no portal's. A meeting that was entered after it was
    held is known of from then on.
    """
    sql = f"""
        SELECT 'm' || m.id AS event_id, m.res_id::VARCHAR AS lead_id, m.date AS occurred_at,
            CASE WHEN m.mail_activity_type_id IS NOT NULL THEN CASE a.category
                    WHEN 'phonecall' THEN 'sales_call' WHEN 'meeting' THEN 'sales_meeting'
                    ELSE coalesce(regexp_replace(lower(trim(a.name)), '[^\\p{{L}}\\p{{N}}]+', '_', 'g'), 'activity') END
                WHEN u.id IS NULL THEN 'customer_message'
                WHEN t.meaning = '{NOTE}' THEN 'note'
                ELSE 'sales_email' END AS type
        FROM mail_message m LEFT JOIN mail_activity_type a ON a.id = m.mail_activity_type_id
            LEFT JOIN mail_message_subtype t ON t.id = m.subtype_id
            LEFT JOIN (SELECT DISTINCT ON (partner_id) * FROM res_users WHERE share = 'false') u
                ON u.partner_id = m.author_id
        WHERE m.message_type IN ('email', 'comment') OR m.mail_activity_type_id IS NOT NULL"""
    if meetings:
        sql += """
        UNION ALL SELECT 'b' || id, opportunity_id::VARCHAR, create_date, 'meeting_booked'
        FROM calendar_event WHERE active = 'true'
        UNION ALL SELECT 'c' || id, opportunity_id::VARCHAR, greatest(start, create_date), 'sales_meeting'
        FROM calendar_event WHERE active = 'true'"""
    return f"""WITH {status} SELECT * FROM ({sql}) WHERE lead_id IN (SELECT id::VARCHAR FROM leads_by_status)
        ORDER BY lead_id, occurred_at, event_id"""


def _tracked() -> str:
    """Return ``entered``: each stage of a lead, with when it was entered, from the values that Odoo tracks."""
    return """
    changes AS (
        SELECT m.res_id AS lead, m.date AS moment, t.id AS seq, t.old_value_integer AS before,
            t.new_value_integer AS stage
        FROM mail_tracking_value t JOIN mail_message m ON m.id = t.mail_message_id),
    begun AS (SELECT lead, arg_min(before, {'moment': moment, 'seq': seq}) AS stage FROM changes GROUP BY lead),
    entered AS (
        SELECT l.id AS lead, coalesce(b.stage, l.stage_id) AS stage, l.create_date AS moment, 0 AS seq
        FROM leads_by_status l LEFT JOIN begun b ON b.lead = l.id
        UNION ALL SELECT lead, stage, moment, seq FROM changes)"""


def _by_durations() -> str:
    """Return ``entered`` as rebuilt: the stages that a lead spent time in, by their order in the funnel.

    The dates are those of the messages of changes where there are as many as changes, else sums of the durations.
    """
    return """
    spells AS (
        SELECT l.id AS lead, l.create_date, part[1]::BIGINT AS stage, part[2]::DOUBLE AS seconds
        FROM leads_by_status l, unnest(list_transform(string_split(coalesce(l.duration_tracking, ''), ';'),
            lambda text: string_split(text, ':'))) AS parts(part) WHERE len(part) = 2
        UNION ALL SELECT l.id, l.create_date, l.stage_id, 0 FROM leads_by_status l
        WHERE l.stage_id IS NOT NULL),
    visited AS (
        SELECT lead, any_value(create_date) AS create_date, stage, sum(seconds) AS seconds, any_value(s.sequence) AS seq
        FROM spells LEFT JOIN crm_stage s ON s.id = stage GROUP BY lead, stage),
    ranked AS (
        SELECT *, row_number() OVER lead_stages AS number, count(*) OVER (PARTITION BY lead) AS stages,
            coalesce(sum(seconds) OVER (PARTITION BY lead ORDER BY seq, stage
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
        FROM visited WINDOW lead_stages AS (PARTITION BY lead ORDER BY seq, stage)),
    moves AS (
        SELECT m.res_id AS lead, m.date AS moment,
            row_number() OVER (PARTITION BY m.res_id ORDER BY m.date, m.id) AS number,
            count(*) OVER (PARTITION BY m.res_id) AS moves
        FROM mail_message m JOIN mail_message_subtype t ON t.id = m.subtype_id
        WHERE t.meaning IN ('mt_lead_stage', 'mt_lead_won')),
    entered AS (
        SELECT r.lead, r.stage, CASE WHEN r.number = 1 THEN r.create_date
            ELSE coalesce(m.moment, r.create_date + to_seconds(r.before)) END AS moment, r.number - 1 AS seq
        FROM ranked r LEFT JOIN moves m ON m.lead = r.lead AND m.number = r.number - 1 AND m.moves = r.stages - 1)"""


def _by_messages() -> str:
    """Return ``entered`` with the present stage alone, as of the last change."""
    return """
    moves AS (
        SELECT m.res_id AS lead, max(m.date) AS moment
        FROM mail_message m JOIN mail_message_subtype t ON t.id = m.subtype_id
        WHERE t.meaning IN ('mt_lead_stage', 'mt_lead_won') GROUP BY m.res_id),
    entered AS (
        SELECT l.id AS lead, l.stage_id AS stage, coalesce(m.moment, l.create_date) AS moment,
            CASE WHEN m.moment IS NULL THEN 0 ELSE 1 END AS seq
        FROM leads_by_status l LEFT JOIN moves m ON m.lead = l.id)"""


ENTERED = {History.TRACKING: _tracked, History.DURATIONS: _by_durations, History.MESSAGES: _by_messages}
NAMED = """
    named AS (
        SELECT e.lead, CASE WHEN s.is_won = 'true' THEN 'won' ELSE s.name END AS stage, e.seq,
            CASE WHEN s.is_won = 'true' AND e.seq = 0 THEN coalesce(l.date_closed, e.moment) ELSE e.moment END AS moment
        FROM entered e JOIN crm_stage s ON s.id = e.stage JOIN leads_by_status l ON l.id = e.lead),
    losses AS (
        SELECT m.res_id AS lead, m.date AS moment FROM mail_message m JOIN mail_message_subtype t ON t.id = m.subtype_id
        WHERE t.meaning = 'mt_lead_lost'
        UNION SELECT id, date_closed FROM leads_by_status
        WHERE status = 'lost' AND marked_lost_at IS NULL AND date_closed IS NOT NULL),
    returns AS (
        SELECT m.res_id AS lead, m.date AS moment FROM mail_message m JOIN mail_message_subtype t ON t.id = m.subtype_id
        WHERE t.meaning = 'mt_lead_restored')"""


def _stages(status: str, history: History) -> str:
    """A lead that was lost and opened again is in the stage again that it was lost in."""
    return f"""WITH {status}, {ENTERED[history]()}, {NAMED},
    steps AS (
        SELECT lead, stage, moment, seq FROM named
        UNION ALL SELECT lead, 'lost', moment, 1000000000000 FROM losses
        UNION ALL SELECT r.lead, n.stage, r.moment, 1000000000001 FROM returns r ASOF JOIN named n
            ON n.lead = r.lead AND n.moment <= r.moment)
    SELECT lead::VARCHAR AS lead_id, stage, moment AS entered_at FROM steps
    WHERE lead IN (SELECT id FROM leads_by_status) ORDER BY lead, moment, seq"""


def _outcomes(status: str, history: History, types: Mapping[str, str]) -> str:
    """Every lead has a row: one without an outcome says that it is open, whatever stages it was in.

    A win is as old as the last entry into a stage that means won; where no change is known, as Odoo's date of closing.
    """
    amount = "l.expected_revenue" if "expected_revenue" in types else "NULL::DOUBLE"
    return f"""WITH {status}, {ENTERED[history]()}, {NAMED},
    wins AS (SELECT lead, max(moment) AS moment FROM named WHERE stage = 'won' GROUP BY lead)
    SELECT l.id::VARCHAR AS lead_id,
        CASE l.status WHEN 'won' THEN coalesce(w.moment, l.date_closed)
            WHEN 'lost' THEN coalesce(l.marked_lost_at, l.date_closed, l.create_date) END AS closed_at,
        CASE l.status WHEN 'won' THEN 'true' WHEN 'lost' THEN 'false' END AS won,
        CASE l.status WHEN 'won' THEN {amount} END AS amount
    FROM leads_by_status l LEFT JOIN wins w ON w.lead = l.id ORDER BY l.id"""
