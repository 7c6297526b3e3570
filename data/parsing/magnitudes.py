"""Words and signs behind a number that multiply it: 2.3M, 1,2 Mio., 350 tsd, 120万, 3 lakh."""

from __future__ import annotations

MAGNITUDES = {
    1e3: "k thousand tsd tausend tys mille mila mil duizend 千",
    1e4: "万 萬 만",
    1e5: "lakh lakhs lac lacs 十万",
    1e6: "m mm mn mio mios mln million millions millionen millón millones milhão milhões mi milione milioni miljoen"
    " milion miliony milionów 百万",
    1e7: "crore crores cr 千万",
    1e8: "億 亿 억",
    1e9: "b bn bln mrd mrds mld mds md billion billions bilhão bilhões bi milliard milliards milliarde milliarden"
    " miliard miliardy miliardów miljard miliardo miliardi 十億",
    1e12: "trillion trillions 兆",
}
"""By factor the words of English, German, French, Spanish, Portuguese, Polish, Italian, Dutch, Chinese and Japanese.

Where languages differ, the one is taken in which business systems write it: mil is a thousand, billion is a thousand
millions."""
FACTORS = {word: factor for factor, words in MAGNITUDES.items() for word in words.split()}
WORDS = "|".join(sorted(FACTORS, key=len, reverse=True))
BEHIND_NUMBER = rf"^(?P<digits>[+-]?[\d.,'’\s]*\d)\s*(?P<word>{WORDS})\.?$"
"""In small letters: the number, and the word."""
