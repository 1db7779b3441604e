#include <ringfence/security/sddl.h>

#include <ringfence/base/text.h>
#include <ringfence/security/claim.h>

#include <gtest/gtest.h>

namespace ringfence::security {
namespace {

std::string canonical(std::string_view text, SddlMode mode = SddlMode::strict) {
  const auto parsed = parse_sddl(text, {mode, {}});
  if (!parsed)
    return "error: " + parsed.error().what;
  const auto formatted = format_sddl(parsed->descriptor);
  return formatted ? *formatted : "error: " + formatted.error().what;
}
std::string windows(std::string_view text) { return canonical(text, SddlMode::windows); }
bool refused(std::string_view text, SddlMode mode) { return !parse_sddl(text, {mode, {}}); }

std::string binary(std::string_view text) {
  const auto parsed = parse_sddl(text, {SddlMode::windows, {}});
  if (!parsed)
    return parsed.error().what;
  return hex_bytes(*write_security_descriptor(parsed->descriptor));
}

TEST(Sddl, CanonicalOrderOfSectionsAndRights) {
  EXPECT_EQ(canonical("S:D:P"), "D:PS:");
  EXPECT_EQ(canonical("D:AIPAR(A;;GA;;;SY)G:BAO:SY"), "O:SYG:BAD:PARAI(A;;GA;;;SY)");
  EXPECT_EQ(canonical("D:(A;OICI;GRGWGX;;;AU)"), "D:(A;OICI;GXGWGR;;;AU)");
  EXPECT_EQ(canonical("D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)"), "D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SY)");
  EXPECT_EQ(canonical("D:(A;;0x1f01ff;;;BA)(A;;0x120089;;;BU)(A;;0xf003f;;;SY)"),
            "D:(A;;FA;;;BA)(A;;FR;;;BU)(A;;KA;;;SY)");
  EXPECT_EQ(canonical("D:(A;;123456789;;;WD)"), "D:(A;;0x75bcd15;;;WD)");
  EXPECT_EQ(canonical("D:(A;;01234567;;;WD)"), "D:(A;;0x53977;;;WD)");
  EXPECT_EQ(canonical("D:(A;;0xe00f0000;;;WD)"), "D:(A;;SDRCWDWOGXGWGR;;;WD)");
  EXPECT_EQ(canonical("D:(A;;;;;WD)"), "D:(A;;;;;WD)");
  EXPECT_EQ(canonical("D:NO_ACCESS_CONTROL"), "D:NO_ACCESS_CONTROL");
  EXPECT_EQ(canonical("D:PPP(A;;GA;;;SY)"), "D:P(A;;GA;;;SY)");
}

TEST(Sddl, PositionDependentWords) {
  EXPECT_EQ(canonical("D:(A;;WDRC;;;WD)(A;;RC;;;RC)"), "D:(A;;RCWD;;;WD)(A;;RC;;;RC)");
  EXPECT_EQ(canonical("S:(AU;SAFA;FA;;;AU)"), "S:(AU;SAFA;FA;;;AU)");
  EXPECT_EQ(canonical("S:(ML;;NWNRNX;;;LW)(TL;;RC;;;S-1-19-512-1536)"),
            "S:(ML;;NWNRNX;;;LW)(TL;;RC;;;S-1-19-512-1536)");
  EXPECT_EQ(canonical("O:S-1-2-0x200D:"), "O:S-1-2-512D:");
}

TEST(Sddl, ObjectEntries) {
  const char *text = "D:(OA;CI;RP;037088f8-0ae1-11d2-b422-00a0c968f939;bf967aba-0de6-11d0-a285-00aa003049e2;WD)";
  EXPECT_EQ(canonical(text), text);
  EXPECT_EQ(canonical("D:(OA;;RP;;;WD)"), "D:(A;;RP;;;WD)");
  EXPECT_EQ(parse_sddl(text)->descriptor.dacl->revision, 4);
  EXPECT_EQ(parse_sddl("D:(OA;;RP;;;WD)")->descriptor.dacl->revision, 2);
}

TEST(Sddl, WindowsLeniencies) {
  const std::pair<const char *, const char *> cases[] = {
      {"D: AI(A;;GA;;; WD)", "D:AI(A;;GA;;;WD)"},
      {"D:(a;;ga;;;wd)", "D:(A;;GA;;;WD)"},
      {"D:P (A; ;GA; ; ;WD ) (A;;GX;;;AA)", "D:P(A;;GA;;;WD)(A;;GX;;;AA)"},
      {"  O:AA G:WD", "O:AAG:WD"},
      {"O:S- 1- 2-3", "O:S-1-2-3"},
      {"O:s-1-1-0D:", "O:WDD:"},
      {"D:(A;;0x123456789;;;WD)", "D:(A;;0xffffffff;;;WD)"},
      {"D:(A;;-99;;;WD)", "D:(A;;0xffffff9d;;;WD)"},
      {"D:(A;;-0xffffff55;;;WD)", "D:(A;;CCDCSWWPLO;;;WD)"},
      {"D:(A;;-9876543210;;;WD)", "D:(A;;CC;;;WD)"},
      {"D:(A;;CC;;;S-0x1-0-0-579)", "D:(A;;CC;;;S-1-0-0-1401)"},
      {"D:(A;;GA;;;S-1-3-4294967296-3-4)", "D:(A;;GA;;;S-1-3-4294967295-3-4)"},
      {"D:(A;;GA;;;S-1-5-21-0x1313131313131-513)", "D:(A;;GA;;;S-1-5-21-4294967295-513)"},
      {"D:(XA;;FR;;;S-1-1-0; (Member_of {SID(wd)} && @Device.a))",
       "D:(XA;;FR;;;WD;((Member_of {SID(WD)}) && (@DEVICE.a)))"},
  };
  for (const auto &[text, expected] : cases) {
    EXPECT_EQ(windows(text), expected) << text;
    EXPECT_TRUE(refused(text, SddlMode::strict)) << text;
    const auto parsed = parse_sddl(text, {SddlMode::windows, {}});
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->leniencies.empty()) << text;
  }
}

TEST(Sddl, RefusedByBoth) {
  for (const char *text : {"Z:(A;;GA;;;SY)",
                           "d:(A;;GA;;;WD)",
                           "D:(Antlers;;GA;;;SY)",
                           "D:((A;;GA;;;WD))",
                           "D:(A;;GA;;)",
                           "D :S:",
                           "D:P:S:",
                           "D:(A;;GA;;;S-1-0x1313131313131-513)",
                           "D:(A;;GA;a;;WD)",
                           "D:(A;;GA ;;;WD)",
                           "D:(A;;0x1 ;;;WD)",
                           "D:(A;;0x 1;;;WD)",
                           "D:(A;;GA;;;S-1-3-4 )",
                           "D:(A;;GA;; f30e3bbf-9ff0-11d1-b603-0000f80367c1;WD)",
                           "D:(OA;;GA;;{f30e3bbf-9ff0-11d1-b603-0000f80367c1};WD)",
                           "D:(A;CI;RP LC;;;AU)",
                           "O:",
                           "O:S",
                           "O:S-1",
                           "O:S-1-",
                           "O:XX",
                           "O:S-0x1-",
                           "D:(AU;SA;CR;;;BA)",
                           "S:(A;;GA;;;BA)",
                           "D:(A;;GA;;;WD",
                           "D:(A;;GA;;;WD;(a))",
                           "D:D:",
                           "D:(A;;GA;;;WD)\t",
                           "D:(XA;;GA;;;WD)",
                           "D:(XA;;GA;;;WD;(a == a))",
                           "D:(XA;;GA;;;WD;(! Member_of{SID(BA)}))",
                           "D:(XA;;;;;WD;(@Device.b == 0x10000000000000000))",
                           "D:(XA;;;;;WD;(\"x\" == \"x\"))",
                           "D:(XA;;;;;WD;())",
                           "D:(XA;;;;;WD;(Member_of{SID(AA),}))",
                           "D:(XA;;;;;WD;(Member_of_AnySID(WD)))",
                           "D:(XA;;;;;WD;(x >))"}) {
    EXPECT_TRUE(refused(text, SddlMode::windows)) << text;
    EXPECT_TRUE(refused(text, SddlMode::strict)) << text;
  }
}

TEST(Sddl, ErrorsSayWhere) {
  const auto error = parse_sddl("D:P(A;;GA;;;SY)(A;;XX;;;BA)").error();
  EXPECT_EQ(error.offset, 19u);
  EXPECT_NE(error.what.find("column 20: expected an access right"), std::string::npos) << error.what;
  const auto quotes = parse_sddl("\xe2\x80\x9c"
                                 "D:P(A;;GA;;;SY)\xe2\x80\x9d")
                          .error();
  EXPECT_NE(quotes.what.find("typographic quotation mark"), std::string::npos);
}

TEST(Sddl, ConditionsAsWindowsWritesThem) {
  const std::pair<const char *, const char *> cases[] = {
      {"(@User.Title==\"PM\" && (@User.Division==\"Finance\" || @User.Division ==\"Sales\"))",
       "((@USER.Title == \"PM\") && ((@USER.Division == \"Finance\") || (@USER.Division == \"Sales\")))"},
      {"(@USER.A || @Device.B && @USER.C)", "((@USER.A) || ((@DEVICE.B) && (@USER.C)))"},
      {"(@USER.A && @Device.B && @USER.C)", "(((@USER.A) && (@DEVICE.B)) && (@USER.C))"},
      {"(!(! (member_of{SID(AA)})))", "(!(!(Member_of {SID(AA)})))"},
      {"(Member_of(SID(S-1-1-0)))", "(Member_of SID(WD))"},
      {"(Member_of_Any{SID(AS),SID(WD)})", "(Member_of_any {SID(AS), SID(WD)})"},
      {"(a == 1)", "(a == 1)"},
      {"(O==##1#2#3##)", "(O == #01020300)"},
      {"(@Device.bb == 0xffffffffffffffff)", "(@DEVICE.bb == 0xffffffffffffffff)"},
      {"(@Device.bb == -010)", "(@DEVICE.bb == -010)"},
      {"(@User.ad://ext/Silo == \"s\")", "(@USER.ad://ext/Silo == \"s\")"},
      {"(Exists @User.%0028x)", "(Exists @USER.%0028x)"},
      {"(@User.a Any_of{1, \"x\", #00})", "(@USER.a Any_of {1, \"x\", #00})"},
      {"(@User.a == {})", "(@USER.a == {})"},
  };
  for (const auto &[text, expected] : cases) {
    const std::string sddl = "D:(XA;;FX;;;WD;" + std::string(text) + ")";
    EXPECT_EQ(canonical(sddl), "D:(XA;;FX;;;WD;" + std::string(expected) + ")");
  }
}

// Layout as Windows emits it: header, SACL, DACL, owner, group; conditions and claims padded to four bytes.
TEST(Sddl, BinaryLayout) {
  EXPECT_EQ(binary("O:BAG:SYD:P(A;;GA;;;SY)"), "0100049030000000400000000000000014000000"
                                               "02001c0001000000"
                                               "00001400000000100101000000000005"
                                               "12000000"
                                               "01020000000000052000000020020000"
                                               "010100000000000512000000");
  EXPECT_EQ(binary("D:(XD;;FX;;;WD;(@USER.Project Any_of 1))"),
            "0100048000000000000000000000000014000000"
            "0200400001000000"
            "0a003800a0001200010100000000000100000000"
            "61727478f90e000000500072006f006a00650063007400040100000000000000030288"
            "00");
  EXPECT_EQ(binary("S:(RA;;;;;WD;(\"colour\",TS,0,\"blue\", \"red\"))"),
            "0100108000000000000000001400000000000000"
            "0200540001000000"
            "12004c0000000000010100000000000100000000"
            "1800000003000000000000000200000026000000300000"
            "0063006f006c006f00750072000000"
            "62006c00750065000000"
            "7200650064000000");
  EXPECT_EQ(binary("S:(RA;;;;;WD;(\"colOIr\",TU,0xe,29925))").substr(96),
            "14000000020000000e000000010000002200000063006f006c004f00490072000000e5740000000000000000");
}

TEST(Sddl, ResourceAttributes) {
  EXPECT_EQ(canonical("S:(RA;;;;;WD;(\"p\",TX,0,1234,#5))"), "S:(RA;;;;;WD;(\"p\",TX,0x0,1234,05))");
  EXPECT_EQ(canonical("S:(RA;CI;;;;WD;(\"n\",TI,0x2,-5,7))(RA;;;;;WD;(\"s\",TD,0,SID(BA)))(RA;;;;;WD;(\"b\",TB,0,1))"),
            "S:(RA;CI;;;;WD;(\"n\",TI,0x2,-5,7))(RA;;;;;WD;(\"s\",TD,0x0,SID(BA)))(RA;;;;;WD;(\"b\",TB,0x0,1))");
  EXPECT_TRUE(refused("S:(RA;;;;;WD;(\"n\",TQ,0,1))", SddlMode::windows));
  EXPECT_TRUE(refused("S:(RA;;;;;WD;(\"n\",TB,0,2))", SddlMode::windows));
}

} // namespace
} // namespace ringfence::security
