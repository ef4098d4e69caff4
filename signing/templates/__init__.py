"""Templates: an envelope with everything planned but who exactly it goes to, to be used over and over.

A template is made from documents of the organisation's own. What uses one is a copy from then on: changing or archiving
a template changes no envelope.
"""
