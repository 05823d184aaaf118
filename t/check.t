#!/usr/bin/perl

# Tests for the judges of "make check": each is silent on what is right and
# speaks on what is wrong.

###############################################################################

use warnings;
use strict;

use Test::More;

use Cwd qw/abs_path/;
use File::Path qw/make_path/;
use File::Temp qw/tempdir/;
use FindBin;

###############################################################################

my $root = abs_path("$FindBin::Bin/..");
my $tmp = tempdir('aicost-check-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

# the judges of a copy must not take this repository for it
$ENV{GIT_CEILING_DIRECTORIES} = '/';
delete @ENV{qw/GIT_DIR MAKEFLAGS MFLAGS MAKELEVEL BUILD/};

# style: every rule is broken once in the fixture

my ($out, $rc) = judge('style', "$root/util/style-fixture.c");
isnt($rc, 0, 'style fails on its fixture');

for my $rule (qw/first-line copyright return-type two-blank-lines
	declaration-gap declaration-column declaration-order for-declaration
	keyword-space else-blank braces brace-space banned line-comment tab
	trailing-blank width unfinished function-length/)
{
	my @found = $out =~ /: $rule: /g;
	is(@found, 1, "style: $rule");
}

# ... and none in code that is right

my $right = <<'EOF';

/*
 * Copyright (C) aicost
 */


#include "aicost.h"


#define RIGHT(x)                                                              \
    if (x) return


static const char  *names[] = { "one // two", "sprintf(", "if(" };


/* a comment that stands above */

static int
right(const char *s, size_t len)
{
    int            n, sum;
    size_t         i;
    const char    *p;
    aicost_str_t  *str, *other = NULL;

    n = 0;

    do {
        n++;
    } while (n < 10);

    for (i = 0; i < len; i++) {
        p = s + i;

        if (*p == '/' || *p == '"'
            || *p == '\\')
        {
            n++;

        } else if (*p == '{') {
            n--;

        } else {
            sum = n;
        }
    }

    return n;
}


int
main(void)
{
    return right(names[0], 3);
}
EOF

write_file('right.c', $right);
($out, $rc) = judge('style', "$tmp/right.c");
is($out, '', 'style is silent');
is($rc, 0, 'style passes');

write_file('long.c', $right . "\n" x 900);
like((judge('style', "$tmp/long.c"))[0], qr/: file-length: /,
	'style: file-length');

write_file('malloc.c', $right =~ s/n = 0;/n = malloc(1);/r);
is((judge('style', "$tmp/malloc.c"))[0], '', 'style: malloc of a tool');
make_path("$tmp/ngx_aicost_module/core");
rename "$tmp/malloc.c", "$tmp/ngx_aicost_module/core/malloc.c";
like((judge('style', "$tmp/ngx_aicost_module/core/malloc.c"))[0],
	qr/: banned: "malloc"/, 'style: malloc in the core');

# layers: a small house that is right, then one thing wrong at a time

my $house = "$tmp/house";
my $m = 'ngx_aicost_module';

my %files = (
	"$m/core/aicost.h" => "#include <string.h>\nint aicost_a(int n);\n",
	"$m/core/aicost_a.c" => "#include \"aicost.h\"\n"
		. "int aicost_a(int n)\n{\n"
		. "    /* no float, no double */\n"
		. "    return (int) strlen(\"double\") + n;\n}\n",
	"$m/store/aicost_s.h" => "int aicost_s(int n);\n",
	"$m/store/aicost_s.c" => "#include \"aicost.h\"\n"
		. "#include \"aicost_s.h\"\n"
		. "int aicost_s(int n)\n{\n    return aicost_a(n);\n}\n",
	"$m/http/ngx_http_aicost_x.c" => "#include <ngx_core.h>\n"
		. "#include \"aicost_s.h\"\n",
	'Makefile' => slurp("$root/Makefile"),
);

house();
($out, $rc) = judge('layers', $house);
is($out, '', 'layers is silent');
is($rc, 0, 'layers passes');

wrong('layers', "$m/core/aicost_b.c", "#include <stdio.h>\n"
	. "int aicost_b(void);\nint aicost_b(void)\n{\n    return puts(\"\");\n}\n",
	qr/include: <stdio.h> in core.*wants "puts"/s, 'I\/O in the core');
wrong('layers', "$m/core/aicost_b.c", "long time(long *t);\n"
	. "int aicost_b(void);\nint aicost_b(void)\n{\n"
	. "    return (int) time(0);\n}\n",
	qr/wants "time"/, 'a clock in the core');
wrong('layers', "$m/core/aicost_b.c", "int aicost_s(int n);\n"
	. "int aicost_b(void);\nint aicost_b(void)\n{\n"
	. "    return aicost_s(1);\n}\n",
	qr{wants "aicost_s" of store/}, 'the core calls the store');
wrong('layers', "$m/core/aicost_b.h", "#include \"aicost_s.h\"\n",
	qr{core/ may not see store/}, 'the core sees the store');
wrong('layers', "$m/store/aicost_t.h", "#include <ngx_core.h>\n",
	qr{nginx in store/}, 'nginx in the store');
wrong('layers', "$m/file/aicost_f.h", "#include \"aicost_s.h\"\n",
	qr{file/ may not see store/}, 'the readers of files see the store');
wrong('layers', "$m/core/aicost_b.h", "typedef double aicost_b_t;\n",
	qr/float: "double"/, 'floating point');
wrong('layers', "$m/other/aicost_b.h", "\n", qr/place: not in a room/,
	'another room');
wrong('layers', "stray.txt", "\n", qr/place: nothing of this name/,
	'a stray file');
wrong('layers', "util/../$m/core/notes.md", "\n", qr/place: not in a room/,
	'a stray file in a room');
wrong('layers', "$m/core/aicost_b.c", "nonsense\n",
	qr/does not build/, 'what does not build');

# docs

%files = (
	"$m/core/aicost_reason.h" => "    X(OK, \"ok\", 0) \\\n"
		. "    X(EMPTY_BODY, \"empty_body\", 400) \\\n",
	"$m/http/ngx_http_aicost_module.c" =>
		"static ngx_command_t  ngx_http_aicost_commands[] = {\n\n"
		. "    { ngx_string(\"aicost_zone\"),\n"
		. "      NULL },\n\n      ngx_null_command\n};\n",
	"$m/http/ngx_http_aicost_variables.c" =>
		"static ngx_http_variable_t  ngx_http_aicost_vars[] = {\n\n"
		. "    { ngx_string(\"aicost_cost\"), NULL },\n"
		. "    { ngx_string(\"aicost_tag_\"), NULL },\n};\n",
	"$m/http/ngx_http_aicost_metrics.c" =>
		"static char  *m = \"# TYPE aicost_cost_total counter\\n\"\n"
		. "    \"aicost_cost_total{tier=\\\"\";\n",
	'docs/directives.md' => "## aicost_zone\n**Syntax** **Default** "
		. "**Context**\n```nginx\n```\n",
	'docs/variables.md' => "| `\$aicost_cost` | x |\n"
		. "| `\$aicost_tag_NAME` | x |\n",
	'docs/errors.md' => "| 400 | `empty_body` | x |\n",
	'docs/metrics.md' => "| `aicost_cost_total` | x |\n",
	'docs/proof.md' => "| a claim | t/a.t |\n",
	'docs/redis.md' => "A claim (t/a.t). `timeout=` is one.\n",
	't/a.t' => "1;\n",
);

house();
($out, $rc) = judge('docs', $house);
is($out, '', 'docs is silent');
is($rc, 0, 'docs passes');

wrong('docs', 'docs/directives.md', '', qr/no directive "aicost_zone"/,
	'a directive without its entry');
wrong('docs', 'docs/directives.md', $files{'docs/directives.md'}
	. "## aicost_none\n", qr/"aicost_none" is not in the code/,
	'an entry without its directive');
wrong('docs', 'docs/directives.md', "## aicost_zone\n**Syntax**\n```nginx\n",
	qr/"aicost_zone" lacks \*\*Default/, 'an entry without its default');
wrong('docs', 'docs/variables.md', "| `\$aicost_cost` | x |\n",
	qr/no variable "aicost_tag_"/, 'a variable');
wrong('docs', 'docs/errors.md', "| 401 | `empty_body` | x |\n",
	qr/"empty_body": "401", in the code "400"/, 'an error of another status');
wrong('docs', 'docs/proof.md', "| a claim | t/b.t |\n",
	qr{no test "t/b.t"}, 'a test that is not there');
wrong('docs', 'docs/proof.md', '', qr/names no test/, 'a proof of nothing');
wrong('docs', 'docs/redis.md', "A claim (t/b.t).\n",
	qr{docs/redis.md: no test "t/b.t"}, 'nor of another page');
wrong('docs', 'docs/directives.md', $files{'docs/directives.md'}
	. "## aicost_redis\n**Syntax**: `aicost_redis url [timeout=t] [new=x];`\n"
	. "**Default** **Context**\n```nginx\n```\n",
	qr{docs/redis.md: no parameter "new="}, 'a parameter of the store');
wrong('docs', 'docs/metrics.md', "| `aicost_none` | x |\n",
	qr/no metric "aicost_cost_total".*"aicost_none" is not in/s, 'a metric');

# secrets

%files = ('README.md' => "Use \$HOME/work, /etc/nginx and sk-short.\n");

house();
($out, $rc) = judge('secrets-free', $house);
is($out, '', 'secrets-free is silent');
is($rc, 0, 'secrets-free passes');

my $key = 'sk' . '-' . 'a1' x 20;
wrong('secrets-free', 'a.md', "key $key\n", qr/^a\.md:1: looks like a key/,
	'a key');
unlike($out, qr/a1a1/, 'the key itself is not printed');
wrong('secrets-free', 'a.md', "see \x{2f}work\x{2f}main\n",
	qr/path of one machine/, 'a path');
wrong('secrets-free', 'package-lock.json', "\"resolved\": \"x\"\n",
	qr/package host/, 'a lock file');
wrong('secrets-free', 'a.pem', '-----BEGIN ' . "PRIVATE KEY-----\n",
	qr/private key/, 'a private key');

{
	local $ENV{npm_config_registry} = 'http://packages.example.test:80/npm';
	wrong('secrets-free', 'a.md', "from packages.example.test\n",
		qr/host of one machine/, 'a package host');
}

# the whole: the repository itself is in order, and one failure is enough

($out, $rc) = judge('secrets-free', $root);
is($out, '', 'no secrets in the repository');

make_path("$tmp/all/util");
system 'cp', "$root/util/check", "$tmp/all/util/check";

for my $judge (qw/style layers docs redis secrets-free/) {
	write_file("all/util/check-$judge", "#!/bin/sh\nexit 0\n");
	chmod 0755, "$tmp/all/util/check-$judge";
}

$out = `$tmp/all/util/check 2>&1`;
is($out, "style: ok\nlayers: ok\ndocs: ok\nredis: ok\nsecrets-free: ok\n",
	'check');
is($?, 0, 'check passes');

write_file('all/util/check-layers', "#!/bin/sh\necho found\nexit 1\n");
$out = `$tmp/all/util/check 2>&1`;
like($out, qr/^found\nlayers: FAILED$/m, 'check says which judge failed');
isnt($?, 0, 'check fails');

done_testing();

###############################################################################

sub judge {
	my ($name, @args) = @_;

	my $out = `@{[join ' ', "$root/util/check-$name", @args]} 2>&1`;
	return ($out, $? >> 8);
}


sub slurp {
	my ($path) = @_;

	open my $fh, '<', $path or die "$path: $!\n";
	local $/;
	return scalar <$fh>;
}


sub write_file {
	my ($name, $content) = @_;

	my ($dir) = "$tmp/$name" =~ m!(.*)/!;
	make_path($dir);
	open my $fh, '>', "$tmp/$name" or die "$name: $!\n";
	print $fh $content;
	close $fh;
}


sub house {
	system 'rm', '-rf', $house;
	write_file("house/$_", $files{$_}) for keys %files;
}


# one file more or other makes the judge fail and name it

sub wrong {
	my ($judge, $name, $content, $re, $what) = @_;

	write_file("house/$name", $content);
	($out, $rc) = judge($judge, $house);
	like($out, $re, "$judge: $what");
	isnt($rc, 0, "$judge fails: $what");

	if (exists $files{$name}) {
		write_file("house/$name", $files{$name});

	} else {
		unlink "$house/$name";
	}
}

###############################################################################
