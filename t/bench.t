#!/usr/bin/perl

# Tests for the benchmarks: each is Perl that compiles and says what is wrong
# about its arguments.  What they measure is not measured here.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;

###############################################################################

my $bench = "$FindBin::Bin/../bench";

for my $name (qw/count peers redis_users run streams/) {
	is(`$^X -c $bench/$name 2>&1`, "$bench/$name syntax OK\n",
		"$name compiles");

	my $out = `$bench/$name --nothing-of-the-kind 2>&1`;
	isnt($?, 0, "$name refuses what it does not know");
	like($out, qr{^usage: bench/$name }m, "$name says how it is used");
}

my $help = `$bench/peers --help`;
is($?, 0, 'help');
like($help, qr/\Ausage: .*^    --rounds N  /ms, 'each option');

done_testing();
