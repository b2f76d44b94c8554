"""Digits and non-digits that the network was not trained on. Nothing is trained or chosen on them.

===============  =========================================================================="""
