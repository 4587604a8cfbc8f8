"""The learner that may list responses, and the designs it plays."""
