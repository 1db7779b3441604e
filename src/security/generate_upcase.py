#!/usr/bin/env python3
"""Writes the ranges of upcase.cpp: simple upper-case mappings of the basic multilingual plane as of Unicode 5.1.

A pair counts when both characters stand in Unicode 3.2 (which Python carries) or in one of the additions of 4.0 to
5.1 listed here. Python's own, newer, tables supply the mapping: a case pair never changes once it exists.
Usage: generate_upcase.py OUTPUT
"""
import sys
import unicodedata

ADDED = [  # Unicode 4.0, 4.1, 5.0, 5.1: blocks of new letters with case
    (0x023A, 0x023E), (0x0241, 0x024F), (0x0370, 0x0373), (0x0376, 0x0377), (0x037B, 0x037D), (0x03F7, 0x03FF),
    (0x04CF, 0x04CF), (0x04F6, 0x04F7), (0x04FA, 0x0523), (0x1D79, 0x1D79), (0x1D7D, 0x1D7D), (0x1EFA, 0x1EFF),
    (0x2132, 0x2132), (0x214E, 0x214E), (0x2183, 0x2184), (0x2C00, 0x2C6F), (0x2C72, 0x2C76), (0x2C80, 0x2CE3),
    (0x2D00, 0x2D25), (0xA640, 0xA65F), (0xA662, 0xA66D), (0xA680, 0xA697), (0xA722, 0xA787), (0xA78B, 0xA78C),
]


def known(code):
    return (unicodedata.ucd_3_2_0.category(chr(code)) != "Cn"
            or any(first <= code <= last for first, last in ADDED))


def main():
    pairs = []
    for code in range(0x80, 0x10000):
        if 0xD800 <= code < 0xE000:
            continue
        upper = chr(code).upper()
        # Windows leaves the micro sign, the dotless i and the long s alone.
        if len(upper) != 1 or upper == chr(code) or code in (0xB5, 0x131, 0x17F):
            continue
        if known(code) and known(ord(upper)) and ord(upper) < 0x10000:
            pairs.append((code, (ord(upper) - code) & 0xFFFF))
    ranges = []
    for code, delta in pairs:
        if ranges:
            first, last, step, same = ranges[-1]
            gap = code - last
            if same == delta and gap in (1, 2) and (step == 0 or step == gap):
                ranges[-1] = (first, code, gap, delta)
                continue
        ranges.append((code, code, 0, delta))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for first, last, step, delta in ranges:
            out.write(f"{{{first:#x}, {last:#x}, {step or 1}, {delta:#x}}},\n")


main()
