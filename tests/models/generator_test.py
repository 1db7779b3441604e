#!/usr/bin/env python3
"""The model compiler refuses every kind of mistake and names the file and the entry.

    generator_test.py SOURCE_DIRECTORY
"""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop(1) if len(sys.argv) > 1 else __file__).resolve()
if SOURCE.is_file():
    SOURCE = SOURCE.parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import generate_kernel_tables  # noqa: E402

STRUCTURES = """
opaque = ["EPROCESS"]
[structure.UNICODE_STRING]
size = [0x10, 0x8]
fields = ["u16 Length @0x0 0x0", "u16 MaximumLength @0x2 0x2", "wchar* Buffer @0x8 0x4"]
"""
API = """
[file]
family = "test"
modules = ["ntoskrnl.exe"]
[api.First]
parameters = ["in UNICODE_STRING* Name", "out void** Object", "in large_integer Address"]
returns = "status"
effects = [{verb = "reference", kind = "by-name", name = "Argument*[0].Buffer", result = "Argument*[1]"}]
"""
ROLES = "IRP DEVICE_OBJECT DRIVER_OBJECT KDPC KINTERRUPT KTIMER GUID FLT_CALLBACK_DATA FLT_RELATED_OBJECTS".split()


class Generator(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        (self.root / "structs").mkdir()
        (self.root / "wdm").mkdir()
        (self.root / "codes").mkdir()
        shutil.copy(SOURCE / "models/vocabulary.toml", self.root)
        roles = "".join(f'"{name}", ' for name in ROLES)
        self.write("structs/a.toml", STRUCTURES.replace('["EPROCESS"]', f'["EPROCESS", {roles}]'))
        self.write("wdm/a.toml", API)

    def tearDown(self):
        shutil.rmtree(self.root)

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def problems(self):
        return generate_kernel_tables.generate(self.root, None).lines

    def refuses(self, text, *words, file="wdm/b.toml"):
        self.write(file, text)
        lines = self.problems()
        self.assertEqual(len(lines), 1, lines)
        for word in (file, *words):
            self.assertIn(word, lines[0])

    def test_good_models_compile(self):
        self.assertEqual(self.problems(), [])

    def test_the_models_of_the_project_compile(self):
        self.assertEqual(generate_kernel_tables.generate(SOURCE / "models", None).lines, [])

    def test_output_does_not_depend_on_the_run(self):
        texts = []
        for name in ("one", "two"):
            generate_kernel_tables.generate(self.root, self.root / name)
            texts.append((self.root / name / "kernel_tables.cpp").read_text(encoding="utf-8"))
        self.assertEqual(texts[0], texts[1])
        self.assertIn("api_rows", texts[0])

    def test_unknown_key(self):
        self.refuses('[api.X]\nparameter = ["in u32 A"]', "X", "unknown key 'parameter'")

    def test_duplicate_name(self):
        self.refuses("[api.First]", "First", "duplicate name", "wdm/a.toml")

    def test_parameter_that_cannot_be_read(self):
        self.refuses('[api.X]\nparameters = ["u32 A"]', "X", "cannot read parameter")

    def test_two_parameters_of_one_name(self):
        self.refuses('[api.X]\nparameters = ["in u32 A", "in u32 A"]', "X", "same name")

    def test_unknown_type(self):
        self.refuses('[api.X]\nparameters = ["in DWORD A"]', "X", "unknown type 'DWORD'")

    def test_opaque_object_by_value(self):
        self.refuses('[api.X]\nparameters = ["in EPROCESS A"]', "X", "opaque")

    def effect(self, text, *words):
        self.refuses('[api.X]\nparameters = ["in UNICODE_STRING* Name", "in u32 Value"]\nreturns = "void"\n'
                     f"effects = [{text}]", "X", *words)

    def test_unknown_verb(self):
        self.effect('{verb = "explode", at = "Argument[0]"}', "unknown verb 'explode'")

    def test_missing_operand(self):
        self.effect('{verb = "sink", kind = "msr-read"}', "'at' is missing")

    def test_operand_the_verb_does_not_take(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "Argument[1]", callback = "Argument[0]"}', "unknown key 'callback'")

    def test_unknown_kind(self):
        self.effect('{verb = "sink", kind = "msr", at = "Argument[1]"}', "kind 'msr'")

    def test_role_without_place(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "Argument[1]", role = "dpc"}', "role 'dpc'")

    def test_bad_when(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "Argument[1]", when = "sometimes"}', "when is one of")

    def test_path_that_cannot_be_read(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "Arg[1]"}', "bad access path")

    def test_argument_out_of_range(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "Argument[2]"}', "there are 2 parameters")

    def test_field_that_does_not_exist(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "Argument*[0].Size"}', "no field 'Size'")

    def test_dereference_of_a_number(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "Argument*[1]"}', "not a pointer")

    def test_return_value_of_a_void_function(self):
        self.effect('{verb = "sink", kind = "msr-read", at = "ReturnValue"}', "returns nothing")

    def test_stated_stack_bytes_differ(self):
        self.refuses('[api.X]\nparameters = ["in large_integer A", "in u32 B"]\nx86_stack_bytes = 8', "X", "12")

    def test_variadic_function_that_is_not_cdecl(self):
        self.refuses('[api.X]\nvariadic = true', "X", "cdecl")

    def test_stated_offset_differs(self):
        self.refuses('[structure.S]\nfields = ["u8 A", "u32 B @0x1 0x4"]', "S", "lies at 0x4 on x64", file="structs/b.toml")

    def test_stated_size_differs(self):
        self.refuses('[structure.S]\nsize = [4, 8]\nfields = ["void* A"]', "S", "size is", file="structs/b.toml")

    def test_structure_that_contains_itself(self):
        self.refuses('[structure.S]\nfields = ["S Inner"]', "S", "contains itself", file="structs/b.toml")

    def test_opaque_object_with_a_layout(self):
        self.refuses('opaque = ["UNICODE_STRING"]', "UNICODE_STRING", "opaque and has a layout", file="structs/b.toml")

    def test_bad_control_code(self):
        self.refuses('[set.ioctl]\nIOCTL_X = "NO_DEVICE 1 buffered any"', "ioctl.IOCTL_X", "unknown device type", file="codes/b.toml")

    def test_duplicate_value_name(self):
        self.write("codes/a.toml", "[set.msr]\nA = 1")
        self.refuses("[set.msr]\nA = 2", "msr.A", "duplicate name", file="codes/b.toml")

    def test_broken_toml(self):
        self.refuses("[api.X", "wdm/b.toml")


if __name__ == "__main__":
    unittest.main()
