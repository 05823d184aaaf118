#!/usr/bin/perl

# Tests for attempts that may have been billed: paid for, and not repeated
# unless aicost_failover after_send= says so.

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

# a provider for each case, so that no breaker opens

my @CASES = qw/hang close reset odd hanging closing resetting strange stall
	nostall cut silent/;
my %models = map { ("$_/m" => price()) } @CASES, 'two';
my $http = 'aicost_provider two http://127.0.0.1:%%PORT_9001%%/v1 api=openai;';

for (@CASES) {
	my $port = /odd|strange/ ? 9002 : /stall/ ? 9003 : 9000;
	my $timeout = /cut/ ? '' : 'timeout=300ms connect_timeout=200ms';

	$http .= "aicost_provider $_ http://127.0.0.1:%%PORT_$port%%/v1 "
		. "api=openai $timeout;\naicost_tier t$_ $_/m two/m;\n";
}

$http .= 'aicost_tier talone silent/m;';

my $second = $t->sim(port => 9001, tokens => 7);

$t->gateway(prices => prices(%models), http => $http,
	location => 'aicost_budget all all 10EUR/day;',
	server => 'location /again/ { aicost_pass premium; '
		. 'aicost_failover after_send=1; '
		. 'aicost_budget all all 10EUR/day; }');

my $first = $t->{sim_port};
$t->run_daemon(\&odd, port(9002));
my $full = full(port(9003));
$t->waitforsocket(port(9002));
$t->run();

my ($n, $paid) = (0, 0);

# safe: a request that was sent may have been billed

for (['hang', 'timeout', 504], ['close', 'closed', 502],
	['reset', 'closed', 502], ['odd', 'bad_answer', 502])
{
	my ($name, $why, $status) = @$_;
	$t->sim_next($first, $name) unless $name eq 'odd';

	my $r = chat(model => "t$name");
	is(code($r), $status == 504 ? '504 upstream_timeout'
		: '502 all_providers_failed', "$name: told");
	like($r->json()->{error}{message}, qr/$name\/m $why/,
		"$name: and why");

	my $l = settled();
	is($l->{attempts}, "$name/m $why", "$name: one attempt");
	is(nano($l->{cost}), nano($l->{reserved}), "$name: is paid");
	cmp_ok(nano($l->{cost}), '>', 0, "$name: not with nothing");
}

is(scalar $t->sim_log($second), 0, 'nobody else was asked');

# after_send=1: once more, with room for both

for (['hanging', 'hang', 'timeout'], ['closing', 'close', 'closed'],
	['resetting', 'reset', 'closed'], ['strange', '', 'bad_answer'])
{
	my ($name, $fault, $why) = @$_;
	$t->sim_next($first, $fault) if $fault;

	my $r = chat(model => "t$name", uri => '/again/v1/chat/completions');
	is($r->status(), 200, "$name: answered");

	my $l = settled();
	is($l->{attempts}, "$name/m $why, two/m ok (200)", "$name: attempts");

	my $usage = 2000 * $l->{in} + 70_000;
	my $half = nano($l->{reserved}) / 2;
	is(nano($l->{cost}), $half + $usage, "$name: both are paid");
}

# a connection that is never made is not a request that was sent

SKIP: {
	skip 'the backlog takes any connection here', 2 unless $full;

	chat(model => 'tstall');
	my $l = settled();
	is($l->{attempts}, 'stall/m connect_timeout, two/m ok (200)',
		'connect_timeout=');
	is(nano($l->{cost}), 2000 * $l->{in} + 70_000, 'is free');
}

# an idle connection that the provider had closed: asked again, the same one

is(chat(model => 'talone')->status(), 200, 'one request');
settled();

for my $fault (qw/close reset/) {
	my $had = $t->sim_log($first);

	$t->sim_next($first, $fault, 'ok');
	my $r = chat(model => 'talone');
	my $l = settled();

	is($l->{attempts} =~ /^silent/, 1, "$fault on an idle connection");
	is($r->status() . ' ' . ($t->sim_log($first) - $had),
		$r->status() == 200 ? '200 2' : '502 1',
		"$fault: asked again, or told");
	$t->sim_reset($first) if $r->status() != 200;
}

# after the first byte nobody else is asked

$t->sim_reset($first)->sim_next($first, 'cut=2');
my $had = $t->sim_log($second);
my $r = chat(model => 'tcut', stream => \1);
is($r->status(), 200, 'a stream');
like($r->body(), qr/"error"/, 'that is cut ends with an error');
is(scalar $t->sim_log($second), $had, 'and is not begun again');

my $l = settled();
is($l->{attempts}, 'cut/m ok (200)', 'one attempt');
is($l->{settled}, 'cut', 'settled as cut');

# the account has what the log says, and nothing is held back

is($t->status_now()->{open}, 0, 'nothing open');
is(nano($l->{left}), 10_000_000_000 - $paid, 'sum of the costs');
is(nano($t->status_now()->{cost}), $paid, 'and on the console');

###############################################################################

sub price {
	return { input => '2', output => '10', context => 200000,
		max_output => 100000 };
}


sub settled {
	my $l = ($t->ledger(++$n))[-1];
	$paid += nano($l->{cost});

	return $l;
}


# takes the request and answers what is not HTTP

sub odd {
	my ($port) = @_;

	my $server = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1,
		LocalAddr => '127.0.0.1', LocalPort => $port) or die "$!\n";

	while (my $c = $server->accept()) {
		sysread $c, my $buf, 65536 or next;
		syswrite $c, "SSH-2.0-not-http\r\n\r\n";
		close $c;
	}
}


# a listener that takes no more: its backlog is full

sub full {
	my ($port) = @_;

	my $server = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
		LocalAddr => '127.0.0.1', LocalPort => $port) or die "$!\n";
	my @held = ($server);

	for (1 .. 8) {
		my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
			PeerPort => $port, Timeout => 0.2);
		return \@held unless $c;
		push @held, $c;
	}

	return undef;
}

###############################################################################
