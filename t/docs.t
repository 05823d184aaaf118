#!/usr/bin/perl

# Tests for the documents: every example of a configuration passes nginx -t,
# with the price and consumer files of docs/design.md.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module/)->plan();

my $root = "$FindBin::Bin/..";

$ENV{OPENAI_API_KEY} = $t->secret('sk-secret-docs');

my $design = slurp("$root/docs/design.md");

for my $name (qw/prices consumers/) {
	my ($json) = $design =~ /^## \u$name\n.*?```json\n(.*?)```/ms;
	ok(eval { decode_json($json) }, "$name of the design");

	# in force whatever the clock says
	$t->write_file("$name.json", $json =~ s/2026-09-22/2020-01-01/r);
}

$t->write_file('console', $t->secret('sk-secret-console'));

# README

my ($readme) = slurp("$root/README.md") =~ /```nginx\n(.*?)```/s;
is(verdict($readme =~ s/^load_module.*//r), '', 'README');

# the reference: an example stands for the directives of its name in a
# configuration that is right

my @base = (
	'aicost_zone 8m;',
	'aicost_currency EUR usd=0.92;',
	'aicost_prices prices.json;',
	'aicost_consumers consumers.json;',
	'aicost_provider openai https://api.openai.com/v1;',
	'aicost_provider local http://127.0.0.1:11434/v1;',
	'aicost_tier local local/llama3.1:8b;',
	'aicost_tier cheap openai/gpt-6-luna;',
);

my (undef, @parts) = split /^## +/m, slurp("$root/docs/directives.md");

for my $part (@parts) {
	my ($name) = $part =~ /\A(\w+)/;
	my ($example) = $part =~ /```nginx\n(.*?)```/s;

	is(verdict(around($example)), '', "example of $name");
}

###############################################################################

sub slurp {
	my ($path) = @_;

	open my $fh, '<', $path or die "$path: $!\n";
	local $/;
	return scalar <$fh>;
}


# declarations stand before what uses them

sub around {
	my ($example) = @_;
	my (@http, $server);

	# its statements, one by one, blocks whole
	while ($example =~ /\G\s*([^;{}]+(?:;|\{(?:[^{}]|\{[^{}]*\})*\}))/g) {
		my $s = $1;

		if ($s =~ /^location/) {
			$server .= $s;

		} else {
			push @http, $s;
		}
	}

	my %own = map { key($_) => 1 } @http;
	push @http, grep { !$own{key($_)} } @base;

	my $n = 0;
	my %rank = map { $_ => $n++ } qw/aicost_zone aicost_currency
		aicost_timezone aicost_prices aicost_consumers aicost_provider
		aicost_tier/;
	@http = sort { ($rank{word($a)} // $n) <=> ($rank{word($b)} // $n) }
		@http;

	$server //= 'location /v1/ { aicost_pass cheap; }';

	return join "\n", "events {}\nhttp {", @http,
		"server { listen 8080;\n$server\n}", "}\n";
}


sub word {
	return $_[0] =~ s/\W.*//sr;
}


# what may stand only once

sub key {
	return "$1 $2" if $_[0] =~ /^(aicost_provider|aicost_tier)\s+(\w+)/;
	return word($_[0]);
}


# what nginx -t says, or nothing

sub verdict {
	my ($conf) = @_;

	$conf =~ s!/var/lib/aicost!%%TESTDIR%%/state!g;
	$conf =~ s!/var/log/nginx!%%TESTDIR%%!g;
	$conf =~ s!/run/secrets/console!%%TESTDIR%%/console!g;
	$conf =~ s!listen (?:127\.0\.0\.1:)?(\d+)!listen 127.0.0.1:%%PORT_$1%%!g;
	$conf =~ s!(http \{)!$1\n%%TEST_GLOBALS_HTTP%%\n!;

	my ($text, $rc) = $t->conf_error("%%TEST_GLOBALS%%\n$conf");

	# a machine without name servers is not the example's fault
	return $rc ? $text : join '', grep { /\[warn\](?!.*resolver)/ }
		split /^/, $text;
}

###############################################################################
