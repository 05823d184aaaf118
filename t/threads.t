#!/usr/bin/perl

# Tests for what a worker does beside its event loop: it has a thread only while
# there is something to write or to parse, one that hangs holds nobody up, and
# what it has to do is done before nginx is gone.

###############################################################################

use warnings;
use strict;

use Fcntl qw/:flock/;
use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();
my $dir = $t->testdir();

$t->gateway(sim => { tokens => 50 }, zone => "16m state=$dir/state",
	location => "aicost_record $dir/calls.jsonl; "
		. 'aicost_budget each $aicost_consumer 10EUR/day;')->run();

# alone, once what it did is written

is(chat()->status(), 200, 'a request');
ok(wait_for { lines() == 1 && -s "$dir/state/journal" }, 'is written');
ok(wait_for { threads() eq '1 1' }, 'and no worker has a thread any more')
	or diag(threads());

# a file that somebody holds: its thread waits, nothing else does

open my $held, '>>', "$dir/calls.jsonl" or die "open: $!\n";
flock($held, LOCK_EX) or die "flock: $!\n";

is(chat()->status(), 200, 'while the record cannot be written');
ok(wait_for { threads() ne '1 1' }, 'a thread waits');

my $journal = -s "$dir/state/journal";
is(chat()->status(), 200, 'the next request is answered') for 1 .. 20;
ok(wait_for { -s "$dir/state/journal" > $journal }, 'the journal is written');

$t->replace_file('prices.json', encode_json(prices('sim/big' => {
	input => '2', output => '20', context => 200000,
	max_output => 100000 })));
ok($t->wait_log(qr/read ".*prices\.json" again, it is in force/),
	'prices are read');
is(lines(), 1, 'and the record waits');

# it leaves only when that is done too

my @workers = $t->workers();
kill 'QUIT', $t->master();
ok($t->wait_log(qr/gracefully shutting down/), 'told to leave');
is(scalar(grep { kill 0, $_ } @workers), 2, 'it waits for the thread');

close $held;
$t->stop();
is(lines(), 22, 'and nothing is lost');

###############################################################################

sub threads {
	return join ' ', map {
		open my $f, '<', "/proc/$_/status" or die "open: $!\n";
		local $/;
		<$f> =~ /^Threads:\s*(\d+)/m ? $1 : '?';
	} $t->workers();
}


sub lines {
	return scalar(() = $t->read_file('calls.jsonl') =~ /\n/g);
}
