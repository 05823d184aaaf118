#!/usr/bin/perl

# Tests for a rolling deploy: edges of two versions in one domain.  Scripts are
# called by their digest, so each has its own; another layout of the records is
# left alone.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $STORE = '503 budget_store_unavailable';
my $LIMIT = 9_000_000_000;
my $M = '{aic:default}:m';
my $r = Aicost::Redis->new($t)->start();
my $e = Aicost::Edge->new($t, workers => 1, redis => $r->url()
	. ' on_error=closed timeout=2s', sim => { tokens => 60, keep => 64 },
	location => 'aicost_budget day $aicost_consumer 9EUR/month;')->run();

ok($e->wait_up(), 'the store is there');
is(code($e->chat()), '200 ', 'goes');

# an edge of another version: the same script, another text

my $other = $r->ask('SCRIPT', 'LOAD', script('control'));

is(beat()->[0], 1, 'another version is heard');
ok(wait_for(sub { metric($e->metrics_now(), 'aicost_edges') == 2 }),
	'both know of each other');
is(code($e->chat()), '200 ', 'goes beside it');

# what both do stands in one account

is($r->wait_settled($LIMIT)->{settled}, $e->logged(), 'settled');

# the server forgets the scripts of one of them, or of both

$r->ask('SCRIPT', 'FLUSH');
is(code($e->chat()), '200 ', 'SCRIPT FLUSH: goes');
$r->ask('SCRIPT', 'LOAD', script('control'));
is(beat()->[0], 1, 'SCRIPT FLUSH: so does the other');

# a domain of another layout is not touched: it is an outage that says why

my $text = $r->ask('GET', $M);
my $changed = $text;
substr $changed, at(), 1, chr 3;
$r->ask('SET', $M, $changed);

ok(wait_for(sub { code($e->chat()) eq $STORE }), 'another layout: closed');
ok($e->wait_up(0), 'another layout: the store is not there');
ok($e->wait_log(qr/is unavailable \(LAYOUT\)/), 'another layout: says so');
is(unpack('H*', $r->ask('GET', $M)), unpack('H*', $changed),
	'another layout: nothing is written');

$r->ask('SET', $M, $text);
ok($e->wait_up(), 'its own again: the store is there');
is(code($e->chat()), '200 ', 'its own again: goes');
is($r->wait_settled($LIMIT)->{settled}, $e->logged(), 'and is settled');

$e->done();

###############################################################################

# where the layout stands: behind the head of the array

sub at {
	return ord($r->ask('GET', $M)) == 0xdc ? 3 : 1;
}


# of an edge of the other version: layout, epoch, now, whose clock, what, who

sub beat {
	my $epoch = substr $r->ask('GET', $M), at() + 1, 17;

	return $r->ask('EVALSHA', $other, 1, $M, "\x02$epoch\0\0\xa4beat"
		. "\xb0another edge 123");
}


# as the module has it, but for comments

sub script {
	return Aicost::Redis::script($_[0]) . "\n-- of another version\n";
}

###############################################################################
