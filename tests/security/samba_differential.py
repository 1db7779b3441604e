#!/usr/bin/env python3
"""Compares the security room with Samba's Python bindings on generated descriptors and tokens.

usage: samba_differential.py ORACLE [--count N] [--seed N]

Three questions for each case: does Samba read our binary form as the descriptor that it makes of the same SDDL, do we read
Samba's SDDL as the descriptor we made, and does the access check answer the same. Samba has no labels, no group attributes,
no restricted tokens and no conditions in 4.17, so the cases stay clear of them. Where the two differ, an entry of
DIFFERENCES must explain it (Windows' behaviour wins); anything else fails the test. Runs under the system's Python, which
has the bindings; prints `skipped` where they are missing.
"""
import argparse
import collections
import random
import re
import subprocess
import sys

try:
    from samba import NTSTATUSError, security as samba_security
    from samba.dcerpc import security
    from samba.ndr import ndr_unpack
except ImportError as missing:
    print(f"skipped everything: no Samba bindings for {sys.executable} ({missing})")
    sys.exit(0)

DOMAIN = security.dom_sid("S-1-5-21-0-0-0")
ALIASES = ["WD", "CO", "CG", "OW", "NU", "IU", "SU", "AN", "PS", "AU", "RC", "SY", "LS", "NS", "BA", "BU", "BG", "PU", "BO",
           "DA", "DU", "LA", "LG"]
SIDS = ["S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002", "S-1-5-21-4-5-6-2001", "S-1-5-80-1-2-3-4-5", "S-1-15-2-1"]
TOKEN_SIDS = ["S-1-1-0", "S-1-5-2", "S-1-5-4", "S-1-5-6", "S-1-5-7", "S-1-5-11", "S-1-5-18", "S-1-5-19", "S-1-5-32-544",
              "S-1-5-32-545", "S-1-5-32-546", "S-1-5-32-551"] + SIDS[:4]
RIGHTS = ["CC", "DC", "LC", "SW", "RP", "WP", "DT", "LO", "CR", "SD", "RC", "WD", "WO"]
GUIDS = ["037088f8-0ae1-11d2-b422-00a0c968f939", "bf967aba-0de6-11d0-a285-00aa003049e2"]
PRIVILEGES = {"SeSecurityPrivilege": 8, "SeTakeOwnershipPrivilege": 9, "SeBackupPrivilege": 17, "SeRestorePrivilege": 18}
SAMBA_PRIVILEGE = {"SeSecurityPrivilege": security.SEC_PRIV_SECURITY,
                   "SeTakeOwnershipPrivilege": security.SEC_PRIV_TAKE_OWNERSHIP,
                   "SeBackupPrivilege": security.SEC_PRIV_BACKUP, "SeRestorePrivilege": security.SEC_PRIV_RESTORE}
MAXIMUM = 0x02000000
SYSTEM_SECURITY = 0x01000000
SPECIFIC = [1 << i for i in range(9)] + [0x10000, 0x20000, 0x40000, 0x80000, 0x100000]


def rights(rng):
    kind = rng.random()
    if kind < 0.4:
        return "".join(rng.sample(RIGHTS, rng.randint(1, 5)))
    # Not FA: Samba 4.17 reads it as 0x1ff, Windows as 0x1f01ff.
    mask = 0
    for bit in rng.sample(SPECIFIC, rng.randint(1, 6)):
        mask |= bit
    return f"0x{mask:x}"


def principal(rng):
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(TOKEN_SIDS)
    return rng.choice(ALIASES) if kind < 0.8 else rng.choice(SIDS)


def flags(rng, choices):
    return "".join(f for f in choices if rng.random() < 0.1)


def entry(rng, system):
    kind = "AU" if system else rng.choice(["A", "A", "A", "D", "D", "OD", "OA"])
    guid = inherited = ""
    if kind in ("OA", "OD"):
        guid = rng.choice(GUIDS)
        inherited = rng.choice(["", GUIDS[1]])
    ace_flags = flags(rng, ["OI", "CI", "NP", "IO", "ID"]) + (rng.choice(["SA", "FA", "SAFA"]) if system else "")
    return f"({kind};{ace_flags};{rights(rng)};{guid};{inherited};{principal(rng)})"


def descriptor(rng):
    text = f"O:{principal(rng)}G:{principal(rng)}"
    if rng.random() < 0.95:
        text += "D:" + flags(rng, ["P", "AR", "AI"]) + "".join(entry(rng, False) for _ in range(rng.choice([0, 1, 2, 3, 5, 8])))
    if rng.random() < 0.2:
        text += "S:" + flags(rng, ["P", "AI"]) + "".join(entry(rng, True) for _ in range(rng.randint(0, 2)))
    return text


class Case:
    def __init__(self, rng):
        self.sddl = descriptor(rng)
        self.user = rng.choice(SIDS[:3])
        self.groups = rng.sample(TOKEN_SIDS, rng.randint(0, 10))
        self.privileges = [name for name in PRIVILEGES if rng.random() < 0.07]
        self.desired = 0
        for bit in rng.sample(SPECIFIC, rng.randint(1, 3)):
            self.desired |= bit
        kind = rng.random()
        if kind < 0.3:
            self.desired = MAXIMUM
        elif kind < 0.4:
            self.desired |= MAXIMUM
        elif kind < 0.45:
            self.desired |= SYSTEM_SECURITY

    def line(self):
        return "\t".join([self.sddl, self.user, ",".join(self.groups), ",".join(self.privileges), f"{self.desired:#x}"])


def samba_token(case):
    token = security.token()
    sids = [case.user] + case.groups
    token.sids = [security.dom_sid(s) for s in sids]
    token.num_sids = len(sids)
    mask = 0
    for name in case.privileges:
        token.set_privilege(SAMBA_PRIVILEGE[name])
    return token


def samba_check(sd, case):
    try:
        return "granted", samba_security.access_check(sd, samba_token(case), case.desired)
    except NTSTATUSError as error:
        return {0xC0000022: "denied", 0xC0000061: "no privilege"}.get(error.args[0] & 0xFFFFFFFF, hex(error.args[0])), 0


OUR_STATUS = {"STATUS_SUCCESS": "granted", "STATUS_ACCESS_DENIED": "denied", "STATUS_PRIVILEGE_NOT_HELD": "no privilege"}


def missing_system_security(case, ours, theirs):
    return bool(case.desired & SYSTEM_SECURITY) and "SeSecurityPrivilege" not in case.privileges \
        and ours[0] == "no privilege" and theirs[0] == "denied"


def maximum_of_nothing(case, ours, theirs):
    return case.desired == MAXIMUM and ours == ("denied", 0) and theirs == ("granted", 0)


def without_dacl(case, ours, theirs):
    return "D:" not in case.sddl and ours[0] == "granted"


# name: (does it explain, why Windows differs)
DIFFERENCES = {
    "privilege-status": (missing_system_security,
                         "Windows answers PRIVILEGE_NOT_HELD for ACCESS_SYSTEM_SECURITY before it looks at the DACL"),
    "maximum-nothing": (maximum_of_nothing, "MAXIMUM_ALLOWED that comes to nothing is ACCESS_DENIED in Windows"),
    "no-dacl": (without_dacl, "without a DACL Windows grants what is asked, and GenericAll for MAXIMUM_ALLOWED; Samba denies"),
}


def same_entries(ours, theirs):
    if (ours is None) != (theirs is None):
        return False
    if ours is None:
        return True
    if ours.num_aces != theirs.num_aces:
        return False
    return all(fields_of(a) == fields_of(b) for a, b in zip(ours.aces, theirs.aces))


def fields_of(ace):
    """Python objects of an ACE compare by identity."""
    guids = ()
    if ace.type in (security.SEC_ACE_TYPE_ACCESS_ALLOWED_OBJECT, security.SEC_ACE_TYPE_ACCESS_DENIED_OBJECT):
        guids = (ace.object.flags, str(ace.object.type), str(ace.object.inherited_type))
    return ace.type, ace.flags, ace.access_mask, str(ace.trustee), guids


def same_descriptor(ours, theirs):
    # Samba sets ACL revision 4 where Windows writes 2: revisions are left out.
    return (ours.owner_sid == theirs.owner_sid and ours.group_sid == theirs.group_sid and ours.type == theirs.type
            and same_entries(ours.dacl, theirs.dacl) and same_entries(ours.sacl, theirs.sacl))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("oracle")
    parser.add_argument("--count", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=20240607)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    cases = [Case(rng) for _ in range(options.count)]
    run = subprocess.run([options.oracle], input="".join(c.line() + "\n" for c in cases), capture_output=True, text=True, check=True)
    answers = run.stdout.splitlines()
    if len(answers) != len(cases):
        sys.exit(f"the oracle answered {len(answers)} of {len(cases)} lines")
    explained = collections.Counter()
    problems = []
    outcomes = collections.Counter()
    reread = []
    for case, answer in zip(cases, answers):
        fields = answer.split("\t")
        try:
            theirs_sd = security.descriptor.from_sddl(case.sddl, DOMAIN)
        except TypeError:
            # Windows writes D:PS: itself; Samba 4.17 wants an entry between the flags and the next section.
            if re.search(r"D:(P|AR|AI)+S:|S:(P|AI)+$", case.sddl) and fields[0] != "error":
                explained["flags-without-entries"] += 1
            else:
                problems.append(f"Samba refuses: {case.sddl}")
            continue
        if fields[0] == "error":
            problems.append(f"refused: {case.sddl}: {fields[1]}")
            continue
        ours_sd = ndr_unpack(security.descriptor, bytes.fromhex(fields[3]))
        if not same_descriptor(ours_sd, theirs_sd):
            problems.append(f"binary differs: {case.sddl}")
        reread.append((theirs_sd.as_sddl(DOMAIN), fields[2], fields[3]))
        ours = (OUR_STATUS.get(fields[0], fields[0]), int(fields[1], 16))
        theirs = samba_check(theirs_sd, case)
        outcomes[ours[0]] += 1
        if ours[0] == "granted" and theirs[0] == "granted" and not case.desired & MAXIMUM:
            theirs = ("granted", ours[1])  # without MAXIMUM_ALLOWED the mask is what was asked
        if ours == theirs:
            continue
        for name, (explains, _) in DIFFERENCES.items():
            if explains(case, ours, theirs):
                explained[name] += 1
                break
        else:
            problems.append(f"access: {case.line()}\n  ours {ours[0]} {ours[1]:#x}, Samba {theirs[0]} {theirs[1]:#x}")
    # Samba's text, read by us, is our descriptor again.
    again = subprocess.run([options.oracle], input="".join(f"{t}\tS-1-1-0\t\t\t0x1\n" for t, _, _ in reread), capture_output=True,
                           text=True, check=True).stdout.splitlines()
    for (text, canonical, binary), answer in zip(reread, again):
        fields = answer.split("\t")
        if fields[0] == "error" or fields[2] != canonical or fields[3] != binary:
            problems.append(f"Samba's SDDL reads differently: {text} -> {fields[2] if len(fields) > 2 else answer}, ours {canonical}")
    print(f"{len(cases)} cases: {dict(sorted(outcomes.items()))}; {sum(explained.values())} explained differences, "
          f"{len(problems)} unexplained")
    reasons = {name: why for name, (_, why) in DIFFERENCES.items()}
    reasons["flags-without-entries"] = "Samba 4.17 refuses flags without entries before the next section, which Windows writes itself"
    for name, count in sorted(explained.items()):
        print(f"  {name}: {count} - {reasons[name]}")
    for problem in problems[:20]:
        print(problem)
    sys.exit(1 if problems else 0)


main()
