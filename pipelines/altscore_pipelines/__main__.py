"""`python -m altscore_pipelines`."""

from altscore_pipelines.main import main

if __name__ == "__main__":
    main()
