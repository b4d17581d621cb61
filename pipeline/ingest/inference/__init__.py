"""Parents that platforms hide: a step of its own, which reads the events topic and adds copies of spreads with a guessed parent.

sharers   who shared what lately: bounded, and a function of the log before a record
methods   what a method of guessing is
rt_text   the text names who it came from
exposed   the latest sharer whom the actor follows
probable  the likeliest sharer by audience and time
follows   who follows whom
plan      which methods serve which platform
step      one record in, at most one copy out
process   `cascades infer`
"""
