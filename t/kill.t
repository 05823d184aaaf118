#!/usr/bin/perl

# Tests for kill=: a budget that is passed too far stops its account.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

# 0.000504 a call: the fifth passes 110 % of 0.002

$t->gateway(sim => { tokens => 50 }, zone => '16m state=%%TESTDIR%%/state',
	consumers => { bot => {}, other => {} },
	location => 'aicost_budget day $aicost_consumer 0.002EUR/day '
		. 'limit=soft kill=110%;')->run();

is(code(chat()), '200 ', "call $_") for 1 .. 5;

my $r = chat();
is(code($r), '403 kill_switch', 'the next one is stopped');
is($r->json()->{error}{message}, 'Budget "day" is stopped by the kill switch.',
	'message');

is_deeply([ everywhere() ], [ '403 kill_switch' ], 'on every worker');
is(code(chat(as => 'other')), '200 ', 'others are not');
is(metric($t->metrics_now(), 'aicost_kill_latched'), 1, 'metric');

ok($t->reload(), 'reload');
is(code(chat()), '403 kill_switch', 'after a reload');
is(code(chat(as => 'other')), '200 ', 'others after a reload');

$t->stop();
$t->run();
is(code(chat()), '403 kill_switch', 'after a restart');
is(code(chat(as => 'other')), '200 ', 'others after a restart');

my ($rc, $out, $err) = $t->control('resume', 'day', '--key', 'other');
is($rc, 0, 'resume of another account');
is(code(chat()), '403 kill_switch', 'is not this one');

($rc, $out, $err) = $t->control('resume', 'day', '--key', 'bot',
	'--why', 'paid');
is("$rc $err", '0 ', 'resume');
is(code(chat()), '200 ', 'goes again');
ok($t->wait_log(qr/aicost audit: resume "day:\*", why "paid"/), 'audit');

###############################################################################

# the answers of requests until both workers have had some

sub everywhere {
	my $from = $t->ledger();
	my (%seen, %pids);

	wait_for {
		$seen{code(chat())} = 1;
		my @new = $t->ledger();
		$pids{$_->{pid}} = 1 for @new[$from .. $#new];
		keys %pids >= 2;
	};

	is(keys %pids, 2, 'both workers answered');

	return sort keys %seen;
}

###############################################################################
