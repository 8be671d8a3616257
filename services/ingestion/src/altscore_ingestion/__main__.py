"""`python -m altscore_ingestion <command>`."""

from altscore_ingestion.main import main

if __name__ == "__main__":
    main()
