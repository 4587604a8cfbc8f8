"""A study of learners on language models, in words, as data and as a page."""
