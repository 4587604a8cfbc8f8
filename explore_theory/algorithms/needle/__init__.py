"""Learners of the hidden needle, with the weak oracle and the strong one."""
