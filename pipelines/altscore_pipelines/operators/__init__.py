"""What the DAG files wire; imports Airflow, so nothing else here imports it."""
