"""Airflow 3: scores every hour, and writes what changed into the CRM. Put this file into the folder of the DAGs.

CRM_URL must be in the environment of the workers (or of a secrets backend that puts it there).
"""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

LEADSCORE = "/opt/leadscore/.venv/bin/leadscore"
WORKSPACE = "/var/lib/leadscore"

with DAG(
    "leadscore",
    schedule="@hourly",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # a second run would leave at once and fail
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
) as dag:
    score = BashOperator(
        task_id="score",
        bash_command=f"{LEADSCORE} score --config /etc/leadscore/leadscore.yaml --workspace {WORKSPACE} --json",
        append_env=True,
    )
    push = BashOperator(
        task_id="push",
        bash_command=f"{LEADSCORE} push --workspace {WORKSPACE} --json",
        append_env=True,
    )
    score >> push
