"""Arrays that a person brings: files of them, and what their axes, values and labels mean.

`canonical.make_dataset` is what every reader here ends with: nothing is taken for something else in
silence. What is certain is converted with a note, what is odd is noted, the rest is an error.
"""
