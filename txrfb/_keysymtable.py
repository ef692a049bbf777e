# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The key symbols that X11 has names for, as C{keysymdef.h} and C{XF86keysym.h} of
the X.Org protocol headers define them: values and names, read by
L{txrfb.keysyms}.

A word is C{code:name=alias/unicode}.  Without C{code:} its code is the one after
the word's before it; codes and code points are hexadecimal.  Without
C{/unicode} it prints nothing, or what its code says by itself.  C{/~} marks a
code point that resembles the key symbol and does not equal it.
"""

from __future__ import annotations

TABLE = """
20:space exclam quotedbl numbersign dollar percent ampersand apostrophe=quoteright
parenleft parenright asterisk plus comma minus period slash 0 1 2 3 4 5 6 7 8 9 colon
semicolon less equal greater question at A B C D E F G H I J K L M N O P Q R S T U V W X
Y Z bracketleft backslash bracketright asciicircum underscore grave=quoteleft a b c d e
f g h i j k l m n o p q r s t u v w x y z braceleft bar braceright asciitilde
a0:nobreakspace exclamdown cent sterling currency yen brokenbar section diaeresis
copyright ordfeminine guillemotleft notsign hyphen registered macron degree plusminus
twosuperior threesuperior acute mu paragraph periodcentered cedilla onesuperior
masculine guillemotright onequarter onehalf threequarters questiondown Agrave Aacute
Acircumflex Atilde Adiaeresis Aring AE Ccedilla Egrave Eacute Ecircumflex Ediaeresis
Igrave Iacute Icircumflex Idiaeresis ETH=Eth Ntilde Ograve Oacute Ocircumflex Otilde
Odiaeresis multiply Oslash=Ooblique Ugrave Uacute Ucircumflex Udiaeresis Yacute
THORN=Thorn ssharp agrave aacute acircumflex atilde adiaeresis aring ae ccedilla egrave
eacute ecircumflex ediaeresis igrave iacute icircumflex idiaeresis eth ntilde ograve
oacute ocircumflex otilde odiaeresis division oslash=ooblique ugrave uacute ucircumflex
udiaeresis yacute thorn ydiaeresis 1a1:Aogonek/0104 breve/02d8 Lstroke/0141
1a5:Lcaron/013d Sacute/015a 1a9:Scaron/0160 Scedilla/015e Tcaron/0164 Zacute/0179
1ae:Zcaron/017d Zabovedot/017b 1b1:aogonek/0105 ogonek/02db lstroke/0142 1b5:lcaron/013e
sacute/015b caron/02c7 1b9:scaron/0161 scedilla/015f tcaron/0165 zacute/017a
doubleacute/02dd zcaron/017e zabovedot/017c Racute/0154 1c3:Abreve/0102 1c5:Lacute/0139
Cacute/0106 1c8:Ccaron/010c 1ca:Eogonek/0118 1cc:Ecaron/011a 1cf:Dcaron/010e
Dstroke/0110 Nacute/0143 Ncaron/0147 1d5:Odoubleacute/0150 1d8:Rcaron/0158 Uring/016e
1db:Udoubleacute/0170 1de:Tcedilla/0162 1e0:racute/0155 1e3:abreve/0103 1e5:lacute/013a
cacute/0107 1e8:ccaron/010d 1ea:eogonek/0119 1ec:ecaron/011b 1ef:dcaron/010f
dstroke/0111 nacute/0144 ncaron/0148 1f5:odoubleacute/0151 1f8:rcaron/0159 uring/016f
1fb:udoubleacute/0171 1fe:tcedilla/0163 abovedot/02d9 2a1:Hstroke/0126
2a6:Hcircumflex/0124 2a9:Iabovedot/0130 2ab:Gbreve/011e Jcircumflex/0134
2b1:hstroke/0127 2b6:hcircumflex/0125 2b9:idotless/0131 2bb:gbreve/011f jcircumflex/0135
2c5:Cabovedot/010a Ccircumflex/0108 2d5:Gabovedot/0120 2d8:Gcircumflex/011c
2dd:Ubreve/016c Scircumflex/015c 2e5:cabovedot/010b ccircumflex/0109 2f5:gabovedot/0121
2f8:gcircumflex/011d 2fd:ubreve/016d scircumflex/015d 3a2:kra=kappa/0138 Rcedilla/0156
3a5:Itilde/0128 Lcedilla/013b 3aa:Emacron/0112 Gcedilla/0122 Tslash/0166
3b3:rcedilla/0157 3b5:itilde/0129 lcedilla/013c 3ba:emacron/0113 gcedilla/0123
tslash/0167 ENG/014a 3bf:eng/014b Amacron/0100 3c7:Iogonek/012e 3cc:Eabovedot/0116
3cf:Imacron/012a 3d1:Ncedilla/0145 Omacron/014c Kcedilla/0136 3d9:Uogonek/0172
3dd:Utilde/0168 Umacron/016a 3e0:amacron/0101 3e7:iogonek/012f 3ec:eabovedot/0117
3ef:imacron/012b 3f1:ncedilla/0146 omacron/014d kcedilla/0137 3f9:uogonek/0173
3fd:utilde/0169 umacron/016b 47e:overline/203e 4a1:kana_fullstop/3002
kana_openingbracket/300c kana_closingbracket/300d kana_comma/3001
kana_conjunctive=kana_middledot/30fb kana_WO/30f2 kana_a/30a1 kana_i/30a3 kana_u/30a5
kana_e/30a7 kana_o/30a9 kana_ya/30e3 kana_yu/30e5 kana_yo/30e7 kana_tsu=kana_tu/30c3
prolongedsound/30fc kana_A/30a2 kana_I/30a4 kana_U/30a6 kana_E/30a8 kana_O/30aa
kana_KA/30ab kana_KI/30ad kana_KU/30af kana_KE/30b1 kana_KO/30b3 kana_SA/30b5
kana_SHI/30b7 kana_SU/30b9 kana_SE/30bb kana_SO/30bd kana_TA/30bf kana_CHI=kana_TI/30c1
kana_TSU=kana_TU/30c4 kana_TE/30c6 kana_TO/30c8 kana_NA/30ca kana_NI/30cb kana_NU/30cc
kana_NE/30cd kana_NO/30ce kana_HA/30cf kana_HI/30d2 kana_FU=kana_HU/30d5 kana_HE/30d8
kana_HO/30db kana_MA/30de kana_MI/30df kana_MU/30e0 kana_ME/30e1 kana_MO/30e2
kana_YA/30e4 kana_YU/30e6 kana_YO/30e8 kana_RA/30e9 kana_RI/30ea kana_RU/30eb
kana_RE/30ec kana_RO/30ed kana_WA/30ef kana_N/30f3 voicedsound/309b semivoicedsound/309c
5ac:Arabic_comma/060c 5bb:Arabic_semicolon/061b 5bf:Arabic_question_mark/061f
5c1:Arabic_hamza/0621 Arabic_maddaonalef/0622 Arabic_hamzaonalef/0623
Arabic_hamzaonwaw/0624 Arabic_hamzaunderalef/0625 Arabic_hamzaonyeh/0626
Arabic_alef/0627 Arabic_beh/0628 Arabic_tehmarbuta/0629 Arabic_teh/062a Arabic_theh/062b
Arabic_jeem/062c Arabic_hah/062d Arabic_khah/062e Arabic_dal/062f Arabic_thal/0630
Arabic_ra/0631 Arabic_zain/0632 Arabic_seen/0633 Arabic_sheen/0634 Arabic_sad/0635
Arabic_dad/0636 Arabic_tah/0637 Arabic_zah/0638 Arabic_ain/0639 Arabic_ghain/063a
5e0:Arabic_tatweel/0640 Arabic_feh/0641 Arabic_qaf/0642 Arabic_kaf/0643 Arabic_lam/0644
Arabic_meem/0645 Arabic_noon/0646 Arabic_ha=Arabic_heh/0647 Arabic_waw/0648
Arabic_alefmaksura/0649 Arabic_yeh/064a Arabic_fathatan/064b Arabic_dammatan/064c
Arabic_kasratan/064d Arabic_fatha/064e Arabic_damma/064f Arabic_kasra/0650
Arabic_shadda/0651 Arabic_sukun/0652 6a1:Serbian_dje/0452 Macedonia_gje/0453
Cyrillic_io/0451 Ukrainian_ie=Ukranian_je/0454 Macedonia_dse/0455
Ukrainian_i=Ukranian_i/0456 Ukrainian_yi=Ukranian_yi/0457 Cyrillic_je=Serbian_je/0458
Cyrillic_lje=Serbian_lje/0459 Cyrillic_nje=Serbian_nje/045a Serbian_tshe/045b
Macedonia_kje/045c Ukrainian_ghe_with_upturn/0491 Byelorussian_shortu/045e
Cyrillic_dzhe=Serbian_dze/045f numerosign/2116 Serbian_DJE/0402 Macedonia_GJE/0403
Cyrillic_IO/0401 Ukrainian_IE=Ukranian_JE/0404 Macedonia_DSE/0405
Ukrainian_I=Ukranian_I/0406 Ukrainian_YI=Ukranian_YI/0407 Cyrillic_JE=Serbian_JE/0408
Cyrillic_LJE=Serbian_LJE/0409 Cyrillic_NJE=Serbian_NJE/040a Serbian_TSHE/040b
Macedonia_KJE/040c Ukrainian_GHE_WITH_UPTURN/0490 Byelorussian_SHORTU/040e
Cyrillic_DZHE=Serbian_DZE/040f Cyrillic_yu/044e Cyrillic_a/0430 Cyrillic_be/0431
Cyrillic_tse/0446 Cyrillic_de/0434 Cyrillic_ie/0435 Cyrillic_ef/0444 Cyrillic_ghe/0433
Cyrillic_ha/0445 Cyrillic_i/0438 Cyrillic_shorti/0439 Cyrillic_ka/043a Cyrillic_el/043b
Cyrillic_em/043c Cyrillic_en/043d Cyrillic_o/043e Cyrillic_pe/043f Cyrillic_ya/044f
Cyrillic_er/0440 Cyrillic_es/0441 Cyrillic_te/0442 Cyrillic_u/0443 Cyrillic_zhe/0436
Cyrillic_ve/0432 Cyrillic_softsign/044c Cyrillic_yeru/044b Cyrillic_ze/0437
Cyrillic_sha/0448 Cyrillic_e/044d Cyrillic_shcha/0449 Cyrillic_che/0447
Cyrillic_hardsign/044a Cyrillic_YU/042e Cyrillic_A/0410 Cyrillic_BE/0411
Cyrillic_TSE/0426 Cyrillic_DE/0414 Cyrillic_IE/0415 Cyrillic_EF/0424 Cyrillic_GHE/0413
Cyrillic_HA/0425 Cyrillic_I/0418 Cyrillic_SHORTI/0419 Cyrillic_KA/041a Cyrillic_EL/041b
Cyrillic_EM/041c Cyrillic_EN/041d Cyrillic_O/041e Cyrillic_PE/041f Cyrillic_YA/042f
Cyrillic_ER/0420 Cyrillic_ES/0421 Cyrillic_TE/0422 Cyrillic_U/0423 Cyrillic_ZHE/0416
Cyrillic_VE/0412 Cyrillic_SOFTSIGN/042c Cyrillic_YERU/042b Cyrillic_ZE/0417
Cyrillic_SHA/0428 Cyrillic_E/042d Cyrillic_SHCHA/0429 Cyrillic_CHE/0427
Cyrillic_HARDSIGN/042a 7a1:Greek_ALPHAaccent/0386 Greek_EPSILONaccent/0388
Greek_ETAaccent/0389 Greek_IOTAaccent/038a Greek_IOTAdieresis=Greek_IOTAdiaeresis/03aa
7a7:Greek_OMICRONaccent/038c Greek_UPSILONaccent/038e Greek_UPSILONdieresis/03ab
7ab:Greek_OMEGAaccent/038f 7ae:Greek_accentdieresis/0385 Greek_horizbar/2015
7b1:Greek_alphaaccent/03ac Greek_epsilonaccent/03ad Greek_etaaccent/03ae
Greek_iotaaccent/03af Greek_iotadieresis/03ca Greek_iotaaccentdieresis/0390
Greek_omicronaccent/03cc Greek_upsilonaccent/03cd Greek_upsilondieresis/03cb
Greek_upsilonaccentdieresis/03b0 Greek_omegaaccent/03ce 7c1:Greek_ALPHA/0391
Greek_BETA/0392 Greek_GAMMA/0393 Greek_DELTA/0394 Greek_EPSILON/0395 Greek_ZETA/0396
Greek_ETA/0397 Greek_THETA/0398 Greek_IOTA/0399 Greek_KAPPA/039a
Greek_LAMDA=Greek_LAMBDA/039b Greek_MU/039c Greek_NU/039d Greek_XI/039e
Greek_OMICRON/039f Greek_PI/03a0 Greek_RHO/03a1 Greek_SIGMA/03a3 7d4:Greek_TAU/03a4
Greek_UPSILON/03a5 Greek_PHI/03a6 Greek_CHI/03a7 Greek_PSI/03a8 Greek_OMEGA/03a9
7e1:Greek_alpha/03b1 Greek_beta/03b2 Greek_gamma/03b3 Greek_delta/03b4
Greek_epsilon/03b5 Greek_zeta/03b6 Greek_eta/03b7 Greek_theta/03b8 Greek_iota/03b9
Greek_kappa/03ba Greek_lamda=Greek_lambda/03bb Greek_mu/03bc Greek_nu/03bd Greek_xi/03be
Greek_omicron/03bf Greek_pi/03c0 Greek_rho/03c1 Greek_sigma/03c3
Greek_finalsmallsigma/03c2 Greek_tau/03c4 Greek_upsilon/03c5 Greek_phi/03c6
Greek_chi/03c7 Greek_psi/03c8 Greek_omega/03c9 8a1:leftradical/23b7 topleftradical/~250c
horizconnector/~2500 topintegral/2320 botintegral/2321 vertconnector/~2502
topleftsqbracket/23a1 botleftsqbracket/23a3 toprightsqbracket/23a4
botrightsqbracket/23a6 topleftparens/239b botleftparens/239d toprightparens/239e
botrightparens/23a0 leftmiddlecurlybrace/23a8 rightmiddlecurlybrace/23ac
topleftsummation botleftsummation topvertsummationconnector botvertsummationconnector
toprightsummation botrightsummation rightmiddlesummation 8bc:lessthanequal/2264
notequal/2260 greaterthanequal/2265 integral/222b therefore/2234 variation/221d
infinity/221e 8c5:nabla/2207 8c8:approximate/223c similarequal/2243 8cd:ifonlyif/21d4
implies/21d2 identical/2261 8d6:radical/221a 8da:includedin/2282 includes/2283
intersection/2229 union/222a logicaland/2227 logicalor/2228 8ef:partialderivative/2202
8f6:function/0192 8fb:leftarrow/2190 uparrow/2191 rightarrow/2192 downarrow/2193
9df:blank soliddiamond/25c6 checkerboard/2592 ht/2409 ff/240c cr/240d lf/240a
9e8:nl/2424 vt/240b lowrightcorner/2518 uprightcorner/2510 upleftcorner/250c
lowleftcorner/2514 crossinglines/253c horizlinescan1/23ba horizlinescan3/23bb
horizlinescan5/2500 horizlinescan7/23bc horizlinescan9/23bd leftt/251c rightt/2524
bott/2534 topt/252c vertbar/2502 aa1:emspace/2003 enspace/2002 em3space/2004
em4space/2005 digitspace/2007 punctspace/2008 thinspace/2009 hairspace/200a emdash/2014
endash/2013 aac:signifblank/~2423 aae:ellipsis/2026 doubbaselinedot/2025 onethird/2153
twothirds/2154 onefifth/2155 twofifths/2156 threefifths/2157 fourfifths/2158
onesixth/2159 fivesixths/215a careof/2105 abb:figdash/2012 leftanglebracket/~2329
decimalpoint/~002e rightanglebracket/~232a marker ac3:oneeighth/215b threeeighths/215c
fiveeighths/215d seveneighths/215e ac9:trademark/2122 signaturemark/~2613
trademarkincircle leftopentriangle/~25c1 rightopentriangle/~25b7 emopencircle/~25cb
emopenrectangle/~25af leftsinglequotemark/2018 rightsinglequotemark/2019
leftdoublequotemark/201c rightdoublequotemark/201d prescription/211e permille/2030
minutes/2032 seconds/2033 ad9:latincross/271d hexagram filledrectbullet/~25ac
filledlefttribullet/~25c0 filledrighttribullet/~25b6 emfilledcircle/~25cf
emfilledrect/~25ae enopencircbullet/~25e6 enopensquarebullet/~25ab openrectbullet/~25ad
opentribulletup/~25b3 opentribulletdown/~25bd openstar/~2606 enfilledcircbullet/~2022
enfilledsqbullet/~25aa filledtribulletup/~25b2 filledtribulletdown/~25bc
leftpointer/~261c rightpointer/~261e club/2663 diamond/2666 heart/2665
af0:maltesecross/2720 dagger/2020 doubledagger/2021 checkmark/2713 ballotcross/2717
musicalsharp/266f musicalflat/266d malesymbol/2642 femalesymbol/2640 telephone/260e
telephonerecorder/2315 phonographcopyright/2117 caret/2038 singlelowquotemark/201a
doublelowquotemark/201e cursor ba3:leftcaret/~003c ba6:rightcaret/~003e
ba8:downcaret/~2228 upcaret/~2227 bc0:overbar/~00af bc2:downtack/22a4 upshoe/~2229
downstile/230a bc6:underbar/~005f bca:jot/2218 bcc:quad/2395 bce:uptack/22a5 circle/25cb
bd3:upstile/2308 bd6:downshoe/~222a bd8:rightshoe/~2283 bda:leftshoe/~2282
bdc:lefttack/22a3 bfc:righttack/22a2 cdf:hebrew_doublelowline/2017 hebrew_aleph/05d0
hebrew_bet=hebrew_beth/05d1 hebrew_gimel=hebrew_gimmel/05d2
hebrew_dalet=hebrew_daleth/05d3 hebrew_he/05d4 hebrew_waw/05d5
hebrew_zain=hebrew_zayin/05d6 hebrew_chet=hebrew_het/05d7 hebrew_tet=hebrew_teth/05d8
hebrew_yod/05d9 hebrew_finalkaph/05da hebrew_kaph/05db hebrew_lamed/05dc
hebrew_finalmem/05dd hebrew_mem/05de hebrew_finalnun/05df hebrew_nun/05e0
hebrew_samech=hebrew_samekh/05e1 hebrew_ayin/05e2 hebrew_finalpe/05e3 hebrew_pe/05e4
hebrew_finalzade=hebrew_finalzadi/05e5 hebrew_zade=hebrew_zadi/05e6
hebrew_qoph=hebrew_kuf/05e7 hebrew_resh/05e8 hebrew_shin/05e9 hebrew_taw=hebrew_taf/05ea
da1:Thai_kokai/0e01 Thai_khokhai/0e02 Thai_khokhuat/0e03 Thai_khokhwai/0e04
Thai_khokhon/0e05 Thai_khorakhang/0e06 Thai_ngongu/0e07 Thai_chochan/0e08
Thai_choching/0e09 Thai_chochang/0e0a Thai_soso/0e0b Thai_chochoe/0e0c Thai_yoying/0e0d
Thai_dochada/0e0e Thai_topatak/0e0f Thai_thothan/0e10 Thai_thonangmontho/0e11
Thai_thophuthao/0e12 Thai_nonen/0e13 Thai_dodek/0e14 Thai_totao/0e15 Thai_thothung/0e16
Thai_thothahan/0e17 Thai_thothong/0e18 Thai_nonu/0e19 Thai_bobaimai/0e1a Thai_popla/0e1b
Thai_phophung/0e1c Thai_fofa/0e1d Thai_phophan/0e1e Thai_fofan/0e1f Thai_phosamphao/0e20
Thai_moma/0e21 Thai_yoyak/0e22 Thai_rorua/0e23 Thai_ru/0e24 Thai_loling/0e25
Thai_lu/0e26 Thai_wowaen/0e27 Thai_sosala/0e28 Thai_sorusi/0e29 Thai_sosua/0e2a
Thai_hohip/0e2b Thai_lochula/0e2c Thai_oang/0e2d Thai_honokhuk/0e2e Thai_paiyannoi/0e2f
Thai_saraa/0e30 Thai_maihanakat/0e31 Thai_saraaa/0e32 Thai_saraam/0e33 Thai_sarai/0e34
Thai_saraii/0e35 Thai_saraue/0e36 Thai_sarauee/0e37 Thai_sarau/0e38 Thai_sarauu/0e39
Thai_phinthu/0e3a dde:Thai_maihanakat_maitho Thai_baht/0e3f Thai_sarae/0e40
Thai_saraae/0e41 Thai_sarao/0e42 Thai_saraaimaimuan/0e43 Thai_saraaimaimalai/0e44
Thai_lakkhangyao/0e45 Thai_maiyamok/0e46 Thai_maitaikhu/0e47 Thai_maiek/0e48
Thai_maitho/0e49 Thai_maitri/0e4a Thai_maichattawa/0e4b Thai_thanthakhat/0e4c
Thai_nikhahit/0e4d df0:Thai_leksun/0e50 Thai_leknung/0e51 Thai_leksong/0e52
Thai_leksam/0e53 Thai_leksi/0e54 Thai_lekha/0e55 Thai_lekhok/0e56 Thai_lekchet/0e57
Thai_lekpaet/0e58 Thai_lekkao/0e59 ea1:Hangul_Kiyeog/3131 Hangul_SsangKiyeog/3132
Hangul_KiyeogSios/3133 Hangul_Nieun/3134 Hangul_NieunJieuj/3135 Hangul_NieunHieuh/3136
Hangul_Dikeud/3137 Hangul_SsangDikeud/3138 Hangul_Rieul/3139 Hangul_RieulKiyeog/313a
Hangul_RieulMieum/313b Hangul_RieulPieub/313c Hangul_RieulSios/313d
Hangul_RieulTieut/313e Hangul_RieulPhieuf/313f Hangul_RieulHieuh/3140 Hangul_Mieum/3141
Hangul_Pieub/3142 Hangul_SsangPieub/3143 Hangul_PieubSios/3144 Hangul_Sios/3145
Hangul_SsangSios/3146 Hangul_Ieung/3147 Hangul_Jieuj/3148 Hangul_SsangJieuj/3149
Hangul_Cieuc/314a Hangul_Khieuq/314b Hangul_Tieut/314c Hangul_Phieuf/314d
Hangul_Hieuh/314e Hangul_A/314f Hangul_AE/3150 Hangul_YA/3151 Hangul_YAE/3152
Hangul_EO/3153 Hangul_E/3154 Hangul_YEO/3155 Hangul_YE/3156 Hangul_O/3157 Hangul_WA/3158
Hangul_WAE/3159 Hangul_OE/315a Hangul_YO/315b Hangul_U/315c Hangul_WEO/315d
Hangul_WE/315e Hangul_WI/315f Hangul_YU/3160 Hangul_EU/3161 Hangul_YI/3162 Hangul_I/3163
Hangul_J_Kiyeog/11a8 Hangul_J_SsangKiyeog/11a9 Hangul_J_KiyeogSios/11aa
Hangul_J_Nieun/11ab Hangul_J_NieunJieuj/11ac Hangul_J_NieunHieuh/11ad
Hangul_J_Dikeud/11ae Hangul_J_Rieul/11af Hangul_J_RieulKiyeog/11b0
Hangul_J_RieulMieum/11b1 Hangul_J_RieulPieub/11b2 Hangul_J_RieulSios/11b3
Hangul_J_RieulTieut/11b4 Hangul_J_RieulPhieuf/11b5 Hangul_J_RieulHieuh/11b6
Hangul_J_Mieum/11b7 Hangul_J_Pieub/11b8 Hangul_J_PieubSios/11b9 Hangul_J_Sios/11ba
Hangul_J_SsangSios/11bb Hangul_J_Ieung/11bc Hangul_J_Jieuj/11bd Hangul_J_Cieuc/11be
Hangul_J_Khieuq/11bf Hangul_J_Tieut/11c0 Hangul_J_Phieuf/11c1 Hangul_J_Hieuh/11c2
Hangul_RieulYeorinHieuh/316d Hangul_SunkyeongeumMieum/3171 Hangul_SunkyeongeumPieub/3178
Hangul_PanSios/317f Hangul_KkogjiDalrinIeung/3181 Hangul_SunkyeongeumPhieuf/3184
Hangul_YeorinHieuh/3186 Hangul_AraeA/318d Hangul_AraeAE/318e Hangul_J_PanSios/11eb
Hangul_J_KkogjiDalrinIeung/11f0 Hangul_J_YeorinHieuh/11f9 eff:Korean_Won/~20a9
13bc:OE/0152 oe/0153 Ydiaeresis/0178 20ac:EuroSign/20ac fd01:3270_Duplicate
3270_FieldMark 3270_Right2 3270_Left2 3270_BackTab 3270_EraseEOF 3270_EraseInput
3270_Reset 3270_Quit 3270_PA1 3270_PA2 3270_PA3 3270_Test 3270_Attn 3270_CursorBlink
3270_AltCursor 3270_KeyClick 3270_Jump 3270_Ident 3270_Rule 3270_Copy 3270_Play
3270_Setup 3270_Record 3270_ChangeScreen 3270_DeleteWord 3270_ExSelect 3270_CursorSelect
3270_PrintScreen 3270_Enter fe01:ISO_Lock ISO_Level2_Latch ISO_Level3_Shift
ISO_Level3_Latch ISO_Level3_Lock ISO_Group_Latch ISO_Group_Lock ISO_Next_Group
ISO_Next_Group_Lock ISO_Prev_Group ISO_Prev_Group_Lock ISO_First_Group
ISO_First_Group_Lock ISO_Last_Group ISO_Last_Group_Lock fe11:ISO_Level5_Shift
ISO_Level5_Latch ISO_Level5_Lock fe20:ISO_Left_Tab ISO_Move_Line_Up ISO_Move_Line_Down
ISO_Partial_Line_Up ISO_Partial_Line_Down ISO_Partial_Space_Left ISO_Partial_Space_Right
ISO_Set_Margin_Left ISO_Set_Margin_Right ISO_Release_Margin_Left
ISO_Release_Margin_Right ISO_Release_Both_Margins ISO_Fast_Cursor_Left
ISO_Fast_Cursor_Right ISO_Fast_Cursor_Up ISO_Fast_Cursor_Down ISO_Continuous_Underline
ISO_Discontinuous_Underline ISO_Emphasize ISO_Center_Object ISO_Enter fe50:dead_grave
dead_acute dead_circumflex dead_tilde=dead_perispomeni dead_macron dead_breve
dead_abovedot dead_diaeresis dead_abovering dead_doubleacute dead_caron dead_cedilla
dead_ogonek dead_iota dead_voiced_sound dead_semivoiced_sound dead_belowdot dead_hook
dead_horn dead_stroke dead_abovecomma=dead_psili dead_abovereversedcomma=dead_dasia
dead_doublegrave dead_belowring dead_belowmacron dead_belowcircumflex dead_belowtilde
dead_belowbreve dead_belowdiaeresis dead_invertedbreve dead_belowcomma dead_currency
AccessX_Enable AccessX_Feedback_Enable RepeatKeys_Enable SlowKeys_Enable
BounceKeys_Enable StickyKeys_Enable MouseKeys_Enable MouseKeys_Accel_Enable
Overlay1_Enable Overlay2_Enable AudibleBell_Enable fe80:dead_a dead_A dead_e dead_E
dead_i dead_I dead_o dead_O dead_u dead_U dead_small_schwa dead_capital_schwa dead_greek
fe90:dead_lowline dead_aboveverticalline dead_belowverticalline dead_longsolidusoverlay
fea0:ch Ch CH c_h C_h C_H fed0:First_Virtual_Screen Prev_Virtual_Screen
Next_Virtual_Screen fed4:Last_Virtual_Screen Terminate_Server fee0:Pointer_Left
Pointer_Right Pointer_Up Pointer_Down Pointer_UpLeft Pointer_UpRight Pointer_DownLeft
Pointer_DownRight Pointer_Button_Dflt Pointer_Button1 Pointer_Button2 Pointer_Button3
Pointer_Button4 Pointer_Button5 Pointer_DblClick_Dflt Pointer_DblClick1
Pointer_DblClick2 Pointer_DblClick3 Pointer_DblClick4 Pointer_DblClick5
Pointer_Drag_Dflt Pointer_Drag1 Pointer_Drag2 Pointer_Drag3 Pointer_Drag4
Pointer_EnableKeys Pointer_Accelerate Pointer_DfltBtnNext Pointer_DfltBtnPrev
Pointer_Drag5 ff08:BackSpace Tab Linefeed Clear ff0d:Return ff13:Pause Scroll_Lock
Sys_Req ff1b:Escape ff20:Multi_key Kanji Muhenkan Henkan_Mode=Henkan Romaji Hiragana
Katakana Hiragana_Katakana Zenkaku Hankaku Zenkaku_Hankaku Touroku Massyo Kana_Lock
Kana_Shift Eisu_Shift Eisu_toggle Hangul Hangul_Start Hangul_End Hangul_Hanja
Hangul_Jamo Hangul_Romaja Codeinput=Kanji_Bangou=Hangul_Codeinput Hangul_Jeonja
Hangul_Banja Hangul_PreHanja Hangul_PostHanja SingleCandidate=Hangul_SingleCandidate
MultipleCandidate=Zen_Koho=Hangul_MultipleCandidate
PreviousCandidate=Mae_Koho=Hangul_PreviousCandidate Hangul_Special ff50:Home Left Up
Right Down Prior=Page_Up Next=Page_Down End Begin ff60:Select Print Execute Insert
ff65:Undo Redo Menu Find Cancel Help Break
ff7e:Mode_switch=script_switch=ISO_Group_Shift=kana_switch=Arabic_switch=Greek_switch=Hebrew_switch=Hangul_switch
Num_Lock KP_Space ff89:KP_Tab ff8d:KP_Enter ff91:KP_F1 KP_F2 KP_F3 KP_F4 KP_Home KP_Left
KP_Up KP_Right KP_Down KP_Prior=KP_Page_Up KP_Next=KP_Page_Down KP_End KP_Begin
KP_Insert KP_Delete ffaa:KP_Multiply KP_Add KP_Separator KP_Subtract KP_Decimal
KP_Divide KP_0 KP_1 KP_2 KP_3 KP_4 KP_5 KP_6 KP_7 KP_8 KP_9 ffbd:KP_Equal F1 F2 F3 F4 F5
F6 F7 F8 F9 F10 F11=L1 F12=L2 F13=L3 F14=L4 F15=L5 F16=L6 F17=L7 F18=L8 F19=L9 F20=L10
F21=R1 F22=R2 F23=R3 F24=R4 F25=R5 F26=R6 F27=R7 F28=R8 F29=R9 F30=R10 F31=R11 F32=R12
F33=R13 F34=R14 F35=R15 Shift_L Shift_R Control_L Control_R Caps_Lock Shift_Lock Meta_L
Meta_R Alt_L Alt_R Super_L Super_R Hyper_L Hyper_R fff1:braille_dot_1 braille_dot_2
braille_dot_3 braille_dot_4 braille_dot_5 braille_dot_6 braille_dot_7 braille_dot_8
braille_dot_9 braille_dot_10 ffff:Delete ffffff:VoidSymbol 100012c:Ibreve ibreve
1000174:Wcircumflex wcircumflex Ycircumflex ycircumflex 100018f:SCHWA 100019f:Obarred
Ohorn ohorn 10001af:Uhorn uhorn 10001b5:Zstroke zstroke EZH 10001d1:Ocaron ocaron
10001e6:Gcaron gcaron 1000259:schwa 1000275:obarred 1000292:ezh 1000300:combining_grave
combining_acute 1000303:combining_tilde 1000309:combining_hook
1000323:combining_belowdot 1000492:Cyrillic_GHE_bar Cyrillic_ghe_bar
1000496:Cyrillic_ZHE_descender Cyrillic_zhe_descender 100049a:Cyrillic_KA_descender
Cyrillic_ka_descender Cyrillic_KA_vertstroke Cyrillic_ka_vertstroke
10004a2:Cyrillic_EN_descender Cyrillic_en_descender 10004ae:Cyrillic_U_straight
Cyrillic_u_straight Cyrillic_U_straight_bar Cyrillic_u_straight_bar
Cyrillic_HA_descender Cyrillic_ha_descender 10004b6:Cyrillic_CHE_descender
Cyrillic_che_descender Cyrillic_CHE_vertstroke Cyrillic_che_vertstroke Cyrillic_SHHA
Cyrillic_shha 10004d8:Cyrillic_SCHWA Cyrillic_schwa 10004e2:Cyrillic_I_macron
Cyrillic_i_macron 10004e8:Cyrillic_O_bar Cyrillic_o_bar 10004ee:Cyrillic_U_macron
Cyrillic_u_macron 1000531:Armenian_AYB Armenian_BEN Armenian_GIM Armenian_DA
Armenian_YECH Armenian_ZA Armenian_E Armenian_AT Armenian_TO Armenian_ZHE Armenian_INI
Armenian_LYUN Armenian_KHE Armenian_TSA Armenian_KEN Armenian_HO Armenian_DZA
Armenian_GHAT Armenian_TCHE Armenian_MEN Armenian_HI Armenian_NU Armenian_SHA
Armenian_VO Armenian_CHA Armenian_PE Armenian_JE Armenian_RA Armenian_SE Armenian_VEV
Armenian_TYUN Armenian_RE Armenian_TSO Armenian_VYUN Armenian_PYUR Armenian_KE
Armenian_O Armenian_FE 100055a:Armenian_apostrophe Armenian_accent=Armenian_shesht
Armenian_exclam=Armenian_amanak Armenian_separation_mark=Armenian_but
Armenian_question=Armenian_paruyk 1000561:Armenian_ayb Armenian_ben Armenian_gim
Armenian_da Armenian_yech Armenian_za Armenian_e Armenian_at Armenian_to Armenian_zhe
Armenian_ini Armenian_lyun Armenian_khe Armenian_tsa Armenian_ken Armenian_ho
Armenian_dza Armenian_ghat Armenian_tche Armenian_men Armenian_hi Armenian_nu
Armenian_sha Armenian_vo Armenian_cha Armenian_pe Armenian_je Armenian_ra Armenian_se
Armenian_vev Armenian_tyun Armenian_re Armenian_tso Armenian_vyun Armenian_pyur
Armenian_ke Armenian_o Armenian_fe Armenian_ligature_ew
1000589:Armenian_full_stop=Armenian_verjaket Armenian_hyphen=Armenian_yentamna
1000653:Arabic_madda_above Arabic_hamza_above Arabic_hamza_below 1000660:Arabic_0
Arabic_1 Arabic_2 Arabic_3 Arabic_4 Arabic_5 Arabic_6 Arabic_7 Arabic_8 Arabic_9
Arabic_percent 1000670:Arabic_superscript_alef 1000679:Arabic_tteh 100067e:Arabic_peh
1000686:Arabic_tcheh 1000688:Arabic_ddal 1000691:Arabic_rreh 1000698:Arabic_jeh
10006a4:Arabic_veh 10006a9:Arabic_keheh 10006af:Arabic_gaf 10006ba:Arabic_noon_ghunna
10006be:Arabic_heh_doachashmee 10006c1:Arabic_heh_goal
10006cc:Farsi_yeh=Arabic_farsi_yeh 10006d2:Arabic_yeh_baree 10006d4:Arabic_fullstop
10006f0:Farsi_0 Farsi_1 Farsi_2 Farsi_3 Farsi_4 Farsi_5 Farsi_6 Farsi_7 Farsi_8 Farsi_9
1000d82:Sinh_ng Sinh_h2 1000d85:Sinh_a Sinh_aa Sinh_ae Sinh_aee Sinh_i Sinh_ii Sinh_u
Sinh_uu Sinh_ri Sinh_rii Sinh_lu Sinh_luu Sinh_e Sinh_ee Sinh_ai Sinh_o Sinh_oo Sinh_au
1000d9a:Sinh_ka Sinh_kha Sinh_ga Sinh_gha Sinh_ng2 Sinh_nga Sinh_ca Sinh_cha Sinh_ja
Sinh_jha Sinh_nya Sinh_jnya Sinh_nja Sinh_tta Sinh_ttha Sinh_dda Sinh_ddha Sinh_nna
Sinh_ndda Sinh_tha Sinh_thha Sinh_dha Sinh_dhha Sinh_na 1000db3:Sinh_ndha Sinh_pa
Sinh_pha Sinh_ba Sinh_bha Sinh_ma Sinh_mba Sinh_ya Sinh_ra 1000dbd:Sinh_la
1000dc0:Sinh_va Sinh_sha Sinh_ssha Sinh_sa Sinh_ha Sinh_lla Sinh_fa 1000dca:Sinh_al
1000dcf:Sinh_aa2 Sinh_ae2 Sinh_aee2 Sinh_i2 Sinh_ii2 Sinh_u2 1000dd6:Sinh_uu2
1000dd8:Sinh_ru2 Sinh_e2 Sinh_ee2 Sinh_ai2 Sinh_o2 Sinh_oo2 Sinh_au2 Sinh_lu2
1000df2:Sinh_ruu2 Sinh_luu2 Sinh_kunddaliya 10010d0:Georgian_an Georgian_ban
Georgian_gan Georgian_don Georgian_en Georgian_vin Georgian_zen Georgian_tan Georgian_in
Georgian_kan Georgian_las Georgian_man Georgian_nar Georgian_on Georgian_par
Georgian_zhar Georgian_rae Georgian_san Georgian_tar Georgian_un Georgian_phar
Georgian_khar Georgian_ghan Georgian_qar Georgian_shin Georgian_chin Georgian_can
Georgian_jil Georgian_cil Georgian_char Georgian_xan Georgian_jhan Georgian_hae
Georgian_he Georgian_hie Georgian_we Georgian_har Georgian_hoe Georgian_fi
1001e02:Babovedot babovedot 1001e0a:Dabovedot dabovedot 1001e1e:Fabovedot fabovedot
1001e36:Lbelowdot lbelowdot 1001e40:Mabovedot mabovedot 1001e56:Pabovedot pabovedot
1001e60:Sabovedot sabovedot 1001e6a:Tabovedot tabovedot 1001e80:Wgrave wgrave Wacute
wacute Wdiaeresis wdiaeresis 1001e8a:Xabovedot xabovedot 1001ea0:Abelowdot abelowdot
Ahook ahook Acircumflexacute acircumflexacute Acircumflexgrave acircumflexgrave
Acircumflexhook acircumflexhook Acircumflextilde acircumflextilde Acircumflexbelowdot
acircumflexbelowdot Abreveacute abreveacute Abrevegrave abrevegrave Abrevehook
abrevehook Abrevetilde abrevetilde Abrevebelowdot abrevebelowdot Ebelowdot ebelowdot
Ehook ehook Etilde etilde Ecircumflexacute ecircumflexacute Ecircumflexgrave
ecircumflexgrave Ecircumflexhook ecircumflexhook Ecircumflextilde ecircumflextilde
Ecircumflexbelowdot ecircumflexbelowdot Ihook ihook Ibelowdot ibelowdot Obelowdot
obelowdot Ohook ohook Ocircumflexacute ocircumflexacute Ocircumflexgrave
ocircumflexgrave Ocircumflexhook ocircumflexhook Ocircumflextilde ocircumflextilde
Ocircumflexbelowdot ocircumflexbelowdot Ohornacute ohornacute Ohorngrave ohorngrave
Ohornhook ohornhook Ohorntilde ohorntilde Ohornbelowdot ohornbelowdot Ubelowdot
ubelowdot Uhook uhook Uhornacute uhornacute Uhorngrave uhorngrave Uhornhook uhornhook
Uhorntilde uhorntilde Uhornbelowdot uhornbelowdot Ygrave ygrave Ybelowdot ybelowdot
Yhook yhook Ytilde ytilde 1002070:zerosuperior 1002074:foursuperior fivesuperior
sixsuperior sevensuperior eightsuperior ninesuperior 1002080:zerosubscript onesubscript
twosubscript threesubscript foursubscript fivesubscript sixsubscript sevensubscript
eightsubscript ninesubscript 10020a0:EcuSign ColonSign CruzeiroSign FFrancSign LiraSign
MillSign NairaSign PesetaSign RupeeSign WonSign NewSheqelSign DongSign
1002202:partdifferential 1002205:emptyset 1002208:elementof notelementof
100220b:containsas 100221a:squareroot cuberoot fourthroot 100222c:dintegral tintegral
1002235:because 1002247:notapproxeq approxeq 1002262:notidentical stricteq
1002800:braille_blank braille_dots_1 braille_dots_2 braille_dots_12 braille_dots_3
braille_dots_13 braille_dots_23 braille_dots_123 braille_dots_4 braille_dots_14
braille_dots_24 braille_dots_124 braille_dots_34 braille_dots_134 braille_dots_234
braille_dots_1234 braille_dots_5 braille_dots_15 braille_dots_25 braille_dots_125
braille_dots_35 braille_dots_135 braille_dots_235 braille_dots_1235 braille_dots_45
braille_dots_145 braille_dots_245 braille_dots_1245 braille_dots_345 braille_dots_1345
braille_dots_2345 braille_dots_12345 braille_dots_6 braille_dots_16 braille_dots_26
braille_dots_126 braille_dots_36 braille_dots_136 braille_dots_236 braille_dots_1236
braille_dots_46 braille_dots_146 braille_dots_246 braille_dots_1246 braille_dots_346
braille_dots_1346 braille_dots_2346 braille_dots_12346 braille_dots_56 braille_dots_156
braille_dots_256 braille_dots_1256 braille_dots_356 braille_dots_1356 braille_dots_2356
braille_dots_12356 braille_dots_456 braille_dots_1456 braille_dots_2456
braille_dots_12456 braille_dots_3456 braille_dots_13456 braille_dots_23456
braille_dots_123456 braille_dots_7 braille_dots_17 braille_dots_27 braille_dots_127
braille_dots_37 braille_dots_137 braille_dots_237 braille_dots_1237 braille_dots_47
braille_dots_147 braille_dots_247 braille_dots_1247 braille_dots_347 braille_dots_1347
braille_dots_2347 braille_dots_12347 braille_dots_57 braille_dots_157 braille_dots_257
braille_dots_1257 braille_dots_357 braille_dots_1357 braille_dots_2357
braille_dots_12357 braille_dots_457 braille_dots_1457 braille_dots_2457
braille_dots_12457 braille_dots_3457 braille_dots_13457 braille_dots_23457
braille_dots_123457 braille_dots_67 braille_dots_167 braille_dots_267 braille_dots_1267
braille_dots_367 braille_dots_1367 braille_dots_2367 braille_dots_12367 braille_dots_467
braille_dots_1467 braille_dots_2467 braille_dots_12467 braille_dots_3467
braille_dots_13467 braille_dots_23467 braille_dots_123467 braille_dots_567
braille_dots_1567 braille_dots_2567 braille_dots_12567 braille_dots_3567
braille_dots_13567 braille_dots_23567 braille_dots_123567 braille_dots_4567
braille_dots_14567 braille_dots_24567 braille_dots_124567 braille_dots_34567
braille_dots_134567 braille_dots_234567 braille_dots_1234567 braille_dots_8
braille_dots_18 braille_dots_28 braille_dots_128 braille_dots_38 braille_dots_138
braille_dots_238 braille_dots_1238 braille_dots_48 braille_dots_148 braille_dots_248
braille_dots_1248 braille_dots_348 braille_dots_1348 braille_dots_2348
braille_dots_12348 braille_dots_58 braille_dots_158 braille_dots_258 braille_dots_1258
braille_dots_358 braille_dots_1358 braille_dots_2358 braille_dots_12358 braille_dots_458
braille_dots_1458 braille_dots_2458 braille_dots_12458 braille_dots_3458
braille_dots_13458 braille_dots_23458 braille_dots_123458 braille_dots_68
braille_dots_168 braille_dots_268 braille_dots_1268 braille_dots_368 braille_dots_1368
braille_dots_2368 braille_dots_12368 braille_dots_468 braille_dots_1468
braille_dots_2468 braille_dots_12468 braille_dots_3468 braille_dots_13468
braille_dots_23468 braille_dots_123468 braille_dots_568 braille_dots_1568
braille_dots_2568 braille_dots_12568 braille_dots_3568 braille_dots_13568
braille_dots_23568 braille_dots_123568 braille_dots_4568 braille_dots_14568
braille_dots_24568 braille_dots_124568 braille_dots_34568 braille_dots_134568
braille_dots_234568 braille_dots_1234568 braille_dots_78 braille_dots_178
braille_dots_278 braille_dots_1278 braille_dots_378 braille_dots_1378 braille_dots_2378
braille_dots_12378 braille_dots_478 braille_dots_1478 braille_dots_2478
braille_dots_12478 braille_dots_3478 braille_dots_13478 braille_dots_23478
braille_dots_123478 braille_dots_578 braille_dots_1578 braille_dots_2578
braille_dots_12578 braille_dots_3578 braille_dots_13578 braille_dots_23578
braille_dots_123578 braille_dots_4578 braille_dots_14578 braille_dots_24578
braille_dots_124578 braille_dots_34578 braille_dots_134578 braille_dots_234578
braille_dots_1234578 braille_dots_678 braille_dots_1678 braille_dots_2678
braille_dots_12678 braille_dots_3678 braille_dots_13678 braille_dots_23678
braille_dots_123678 braille_dots_4678 braille_dots_14678 braille_dots_24678
braille_dots_124678 braille_dots_34678 braille_dots_134678 braille_dots_234678
braille_dots_1234678 braille_dots_5678 braille_dots_15678 braille_dots_25678
braille_dots_125678 braille_dots_35678 braille_dots_135678 braille_dots_235678
braille_dots_1235678 braille_dots_45678 braille_dots_145678 braille_dots_245678
braille_dots_1245678 braille_dots_345678 braille_dots_1345678 braille_dots_2345678
braille_dots_12345678 100810f4:XF86BrightnessAuto XF86DisplayOff 10081166:XF86Info
10081177:XF86AspectRatio 10081185:XF86DVD 10081188:XF86Audio 10081192:XF86ChannelUp
XF86ChannelDown 1008119b:XF86Break 100811a0:XF86VideoPhone 100811a4:XF86ZoomReset
100811a6:XF86Editor 100811a8:XF86GraphicsEditor XF86Presentation XF86Database
100811ac:XF86Voicemail XF86Addressbook 100811af:XF86DisplayToggle XF86SpellCheck
100811b6:XF86ContextMenu XF86MediaRepeat XF8610ChannelsUp XF8610ChannelsDown XF86Images
100811bc:XF86NotificationCenter XF86PickupPhone XF86HangupPhone 100811d0:XF86Fn
XF86Fn_Esc 100811e5:XF86FnRightShift 10081200:XF86Numeric0 XF86Numeric1 XF86Numeric2
XF86Numeric3 XF86Numeric4 XF86Numeric5 XF86Numeric6 XF86Numeric7 XF86Numeric8
XF86Numeric9 XF86NumericStar XF86NumericPound XF86NumericA XF86NumericB XF86NumericC
XF86NumericD XF86CameraFocus XF86WPSButton 10081215:XF86CameraZoomIn XF86CameraZoomOut
XF86CameraUp XF86CameraDown XF86CameraLeft XF86CameraRight XF86AttendantOn
XF86AttendantOff XF86AttendantToggle XF86LightsToggle 10081230:XF86ALSToggle
10081240:XF86Buttonconfig XF86Taskmanager XF86Journal XF86ControlPanel XF86AppSelect
XF86Screensaver XF86VoiceCommand XF86Assistant 10081249:XF86EmojiPicker XF86Dictate
10081250:XF86BrightnessMin XF86BrightnessMax 10081260:XF86KbdInputAssistPrev
XF86KbdInputAssistNext XF86KbdInputAssistPrevgroup XF86KbdInputAssistNextgroup
XF86KbdInputAssistAccept XF86KbdInputAssistCancel XF86RightUp XF86RightDown XF86LeftUp
XF86LeftDown XF86RootMenu XF86MediaTopMenu XF86Numeric11 XF86Numeric12 XF86AudioDesc
XF863DMode XF86NextFavorite XF86StopRecord XF86PauseRecord XF86VOD XF86Unmute
XF86FastReverse XF86SlowReverse XF86Data XF86OnScreenKeyboard XF86PrivacyScreenToggle
XF86SelectiveScreenshot 10081290:XF86Macro1 XF86Macro2 XF86Macro3 XF86Macro4 XF86Macro5
XF86Macro6 XF86Macro7 XF86Macro8 XF86Macro9 XF86Macro10 XF86Macro11 XF86Macro12
XF86Macro13 XF86Macro14 XF86Macro15 XF86Macro16 XF86Macro17 XF86Macro18 XF86Macro19
XF86Macro20 XF86Macro21 XF86Macro22 XF86Macro23 XF86Macro24 XF86Macro25 XF86Macro26
XF86Macro27 XF86Macro28 XF86Macro29 XF86Macro30 100812b0:XF86MacroRecordStart
XF86MacroRecordStop XF86MacroPresetCycle XF86MacroPreset1 XF86MacroPreset2
XF86MacroPreset3 100812b8:XF86KbdLcdMenu1 XF86KbdLcdMenu2 XF86KbdLcdMenu3
XF86KbdLcdMenu4 XF86KbdLcdMenu5 1008fe01:XF86Switch_VT_1 XF86Switch_VT_2 XF86Switch_VT_3
XF86Switch_VT_4 XF86Switch_VT_5 XF86Switch_VT_6 XF86Switch_VT_7 XF86Switch_VT_8
XF86Switch_VT_9 XF86Switch_VT_10 XF86Switch_VT_11 XF86Switch_VT_12 1008fe20:XF86Ungrab
XF86ClearGrab XF86Next_VMode XF86Prev_VMode XF86LogWindowTree XF86LogGrabInfo
1008ff01:XF86ModeLock XF86MonBrightnessUp XF86MonBrightnessDown XF86KbdLightOnOff
XF86KbdBrightnessUp XF86KbdBrightnessDown XF86MonBrightnessCycle 1008ff10:XF86Standby
XF86AudioLowerVolume XF86AudioMute XF86AudioRaiseVolume XF86AudioPlay XF86AudioStop
XF86AudioPrev XF86AudioNext XF86HomePage XF86Mail XF86Start XF86Search XF86AudioRecord
XF86Calculator XF86Memo XF86ToDoList XF86Calendar XF86PowerDown XF86ContrastAdjust
XF86RockerUp XF86RockerDown XF86RockerEnter XF86Back XF86Forward XF86Stop XF86Refresh
XF86PowerOff XF86WakeUp XF86Eject XF86ScreenSaver XF86WWW XF86Sleep XF86Favorites
XF86AudioPause XF86AudioMedia XF86MyComputer XF86VendorHome XF86LightBulb XF86Shop
XF86History XF86OpenURL XF86AddFavorite XF86HotLinks XF86BrightnessAdjust XF86Finance
XF86Community XF86AudioRewind XF86BackForward XF86Launch0 XF86Launch1 XF86Launch2
XF86Launch3 XF86Launch4 XF86Launch5 XF86Launch6 XF86Launch7 XF86Launch8 XF86Launch9
XF86LaunchA XF86LaunchB XF86LaunchC XF86LaunchD XF86LaunchE XF86LaunchF
XF86ApplicationLeft XF86ApplicationRight XF86Book XF86CD XF86Calculater XF86Clear
XF86Close XF86Copy XF86Cut XF86Display XF86DOS XF86Documents XF86Excel XF86Explorer
XF86Game XF86Go XF86iTouch XF86LogOff XF86Market XF86Meeting 1008ff65:XF86MenuKB
XF86MenuPB XF86MySites XF86New XF86News XF86OfficeHome XF86Open XF86Option XF86Paste
XF86Phone 1008ff70:XF86Q 1008ff72:XF86Reply XF86Reload XF86RotateWindows XF86RotationPB
XF86RotationKB XF86Save XF86ScrollUp XF86ScrollDown XF86ScrollClick XF86Send XF86Spell
XF86SplitScreen XF86Support XF86TaskPane XF86Terminal XF86Tools XF86Travel
1008ff84:XF86UserPB XF86User1KB XF86User2KB XF86Video XF86WheelButton XF86Word XF86Xfer
XF86ZoomIn XF86ZoomOut XF86Away XF86Messenger XF86WebCam XF86MailForward XF86Pictures
XF86Music XF86Battery XF86Bluetooth XF86WLAN XF86UWB XF86AudioForward XF86AudioRepeat
XF86AudioRandomPlay XF86Subtitle XF86AudioCycleTrack XF86CycleAngle XF86FrameBack
XF86FrameForward XF86Time XF86Select XF86View XF86TopMenu XF86Red XF86Green XF86Yellow
XF86Blue XF86Suspend XF86Hibernate XF86TouchpadToggle 1008ffb0:XF86TouchpadOn
XF86TouchpadOff XF86AudioMicMute XF86Keyboard XF86WWAN XF86RFKill XF86AudioPreset
XF86RotationLockToggle XF86FullScreen
"""
