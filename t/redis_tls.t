#!/usr/bin/perl

# Tests for a store over TLS: it is verified by chain, name and time, who
# cannot prove itself is never told the password.

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
use Aicost::Fault;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim openssl/), tls => 1)->plan();

my $STORE = '503 budget_store_unavailable';
my $LIMIT = 9_000_000_000;
my $PASSWORD = $t->secret('pw-5be2d1-of-the-store');

my $r = Aicost::Redis->new($t, tls => 1, password => $PASSWORD)->start();
my $f = Aicost::Fault->new($t, to => $r->{tls_port});
my $names = Aicost::Fault::names($t, 'store.test');

$t->write_file('pw', "$PASSWORD\n");

# what it shows: whom the edges take for it, and why not

my $both = 'DNS:store.test,IP:127.0.0.1';
my %shows = (
	good => [ of => $both ],
	'another good one' => [ of => $both ],
	'a name alone' => [ of => 'DNS:store.test' ],
	'an address alone' => [ of => 'IP:127.0.0.1' ],
	'wrong name' => [ of => 'DNS:elsewhere.test,IP:127.0.0.2' ],
	expired => [ of => $both, days => -1 ],
	'wrong authority' => [ of => $both, by => 'stranger' ],
);
my %certificate = map { $_ => [ Aicost::Redis::certificate($t, s/ /-/gr,
	@{ $shows{$_} }) ] } sort keys %shows;

$r->show(@{ $certificate{good} }[0, 1]);

# by name, by address, by nothing at all; each has another on_error=

$r->ask('ACL', 'SETUSER', $_, 'on', ">$PASSWORD", '~*', '&*', '+@all')
	for qw/name address/;

my %edge = (
	name => edge("rediss://store.test:$r->{tls_port}", 'closed',
		"user=name trusted_certificate=$r->{ca}", "resolver 127.0.0.1:$names "
		. 'ipv6=off;'),
	address => edge('rediss://127.0.0.1:' . $f->port_of(), 'degrade',
		"user=address trusted_certificate=$r->{ca} verify=on"),
	off => edge($r->url(), 'closed', 'verify=off'),
);
my @edges = map { $edge{$_} } sort keys %edge;

for my $who (sort keys %edge) {
	ok(up($edge{$who}), "$who: goes");
	is_deeply([ $edge{$who}->outages() ], [ 0, 0 ], "$who: at once");
}

like($edge{off}->read_log(), qr/\[warn\].*verify=off/, 'verify=off is warned '
	. 'of');
is(encrypted(), 6, 'one connection a worker, all over TLS');

# one after another, each healed by a good one

my %reason = (
	'a name alone' => { address => qr/IP address mismatch/ },
	'an address alone' => { name => qr/hostname mismatch/i },
	'wrong name' => { address => qr/IP address mismatch/,
		name => qr/hostname mismatch/i },
	expired => { map { $_ => qr/certificate has expired/ }
		qw/address name/ },
	'wrong authority' => { map { $_ =>
		qr/unable to (?:verify the first|get local issuer) cert/ }
		qw/address name/ },
);

for my $what (sort keys %reason) {
	my $why = $reason{$what};
	my %before = map { $_ => [ $edge{$_}->outages() ] } keys %edge;

	# who is told a password now says that it was
	$r->show(@{ $certificate{$what} }[0, 1]);
	$r->ask('ACL', 'SETUSER', $_, 'off') for keys %$why;
	$r->ask('ACL', 'LOG', 'RESET');
	ok($edge{$_}->wait_up(0), "$what: refused by $_") for sort keys %$why;

	for my $who (sort keys %edge) {
		if (!$why->{$who}) {
			ok(up($edge{$who}), "$what: taken by $who");
			next;
		}

		refused($who, $what);

		my @lines = $edge{$who}->read_log()
			=~ /^(.*aicost redis.*unavailable.*)$/mg;
		is(@lines, $before{$who}[0] + 1, "$what: one line of $who");

		# a server that changes its certificate closes what it has: twice
		# seen, that is the reason that is said

		like($lines[-1], qr/$why->{$who}|the connection was closed/,
			"$what: it says why");
	}

	is_deeply($r->ask('ACL', 'LOG'), [],
		"$what: who refused it did not tell the password");

	$r->ask('ACL', 'SETUSER', $_, 'on') for keys %$why;
	$r->show(@{ $certificate{'another good one'} }[0, 1]);
	ok(up($_), "$what: and heals") for @edges;
}

# bytes that come late, in pieces, or are no TLS

my $e = $edge{address};

for my $fault (qw/slice garble half reset hang mute close refuse/) {
	$f->set($fault);
	my %seen;

	for (1 .. 8) {
		my $r = $e->chat();
		$seen{$r->status() . ' ' . ($r->header('X-AICost-Tier')
			// '')} = 1;
	}

	delete @seen{'200 premium', '200 free'};
	is_deeply(\%seen, {}, "$fault: an answer of the policy");
	$f->set('pass');
	ok(up($e), "$fault: heals");
}

# a network that takes little, slowly: nothing breaks, all of it arrives

{
	my $small = Aicost::Fault->new($t, to => $r->{tls_port}, small => 1);
	my $e = edge('rediss://127.0.0.1:' . $small->port_of(), 'closed',
		"trusted_certificate=$r->{ca} timeout=12s domain=small", '',
		workers => 1);

	ok(up($e), 'a small network: goes');
	$small->set('hang');
	ok($e->leave(1000), 'a small network: clients leave');
	$small->set('pass');
	ok(up($e), 'a small network: goes on');

	my ($a, $logged);

	wait_for {
		$a = $r->wait_settled($LIMIT, domain => 'small');
		$logged = $e->logged();
		$a->{settled} == $logged;
	};
	is($a->{settled}, $logged, 'a small network: all is settled');
	is("$a->{open} $a->{reserved}", '0 0',
		'a small network: nothing is held');
	is($small->seen()->{accepted}, 1, 'a small network: one connection');
	is_deeply([ $e->outages() ], [ 0, 0 ], 'a small network: no outage');
	$e->done();
}

# the port of those without TLS

my $plain = edge('rediss://' . $r->address(), 'closed',
	"trusted_certificate=$r->{ca}");
ok($plain->wait_log(qr/aicost redis.*unavailable \(TLS handshake failed\)/),
	'no TLS there: it is said');
is(code($plain->chat()), $STORE, 'no TLS there: refused');

# all that was answered is settled

my $logged;

ok(wait_for(sub {
	$logged = 0;
	$logged += $_->logged() for @edges;
	$r->wait_settled($LIMIT)->{settled} == $logged;
}), 'all is settled');
is($r->totals($LIMIT)->{settled}, $logged, 'to the nano');
is($r->totals($LIMIT)->{reserved}, 0, 'nothing is held');

$_->done() for @edges, $plain;

###############################################################################

sub edge {
	my ($url, $policy, $more, $http, @opt) = @_;

	return Aicost::Edge->new($t, @opt, free => 1, redis => "$url timeout=1s "
		. "on_error=$policy password=file:$t->{dir}/pw $more",
		sim => { tokens => 60 }, http => $http, location =>
		'aicost_budget day $aicost_consumer 9EUR/month;')->run();
}


# both workers are connected, and a request costs money

sub up {
	my ($edge) = @_;

	return wait_for {
		metric($edge->metrics_now(), 'aicost_store_up') == 1
			&& ($edge->chat()->header('X-AICost-Tier') // '')
			eq 'premium';
	};
}


sub refused {
	my ($who, $what) = @_;
	my $r = $edge{$who}->chat();

	if ($who eq 'name') {
		is(code($r), $STORE, "$what: $who is closed");
		return;
	}

	is($r->status() . ' ' . ($r->header('X-AICost-Tier') // ''),
		'200 free', "$what: $who has a free tier");
}


# the edges' connections at the TLS port

sub encrypted {
	my $n;

	wait_for {
		$n = () = $r->ask('CLIENT', 'LIST')
			=~ /laddr=127.0.0.1:$r->{tls_port} .*name=aicost/g;
		$n == 6;
	};

	return $n;
}

###############################################################################
