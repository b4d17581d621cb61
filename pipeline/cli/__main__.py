"""`python -m pipeline.cli`: how our processes start others of ours."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
