"""What FastAPI cannot know of the OpenAPI documents."""
