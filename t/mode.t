#!/usr/bin/perl

# Tests for aicost mode downgrade: a share of sessions, stable, none critical.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan(17);

my ($CLIENTS, $EACH) = (8, 1250);

$t->gateway(sim => { args => [ '--canned' ] },
	consumers => { bot => {}, vip => { critical => JSON::PP::true } })
	->run();

is_deeply(sessions('bot', 10), { premium => 80 }, 'normal');

my ($rc, undef, $err) = $t->control('mode', 'downgrade', '80%', '--why',
	'price shock');
is("$rc $err", '0 ', 'mode downgrade');
is(chat(session => "s-$_->[0]", max_tokens => 5)->header('X-AICost-Tier'),
	$_->[1], 'from the next request') for first();

my $seen = sessions('bot', $EACH);
my $share = ($seen->{cheap} || 0) / ($CLIENTS * $EACH);
is($seen->{premium} + $seen->{cheap}, $CLIENTS * $EACH, 'all of them');
cmp_ok($share, '>=', 0.78, 'not less than the share');
cmp_ok($share, '<=', 0.82, 'and not more');
is($seen->{moved} || 0, 0, 'each of them stays where it is');

is_deeply(sessions('vip', 50), { premium => 400 }, 'none that is critical');

my $r = chat(session => 'x', model => 'premium', max_tokens => 5);
is($r->header('X-AICost-Tier'), 'premium', 'none that was chosen');

my ($status) = decode_json(($t->control('status', '--json'))[1]);
is($status->{mode}, 'downgrade', 'status');
is($status->{share_ppm}, 800_000, 'share');

ok($t->reload(), 'reload');
is(decode_json(($t->control('status', '--json'))[1])->{mode}, 'downgrade',
	'a reload leaves it');

is(($t->control('mode', 'normal'))[0], 0, 'mode normal');
is_deeply(sessions('bot', 10), { premium => 80 }, 'normal again');

ok($t->wait_log(qr/audit: mode downgrade 80%, why "price shock"/), 'audit');
ok($t->wait_log(qr/audit: mode normal/), 'and its end');

###############################################################################

# a session that moves is in the share whatever it is asked; the one here is
# looked up, not known before

sub first {
	my $r = chat(session => 's-0', max_tokens => 5);

	return [ 0, scalar $r->header('X-AICost-Tier') ];
}


# n sessions of each client, the first of them asked twice: tiers

sub sessions {
	my ($as, $n) = @_;
	my %sum;

	my @seen = parallel($CLIENTS, sub {
		my ($i) = @_;
		my $s = Aicost::Http::Stream->new()->keep();
		my (%seen, %tier);

		for my $k (0 .. $n - 1) {
			my $tier = ask($s, $as, "s-$i-$k");
			$seen{$tier}++;
			$tier{$k} = $tier if $k < 20;
		}

		for my $k (keys %tier) {
			$seen{moved}++
				if ask($s, $as, "s-$i-$k") ne $tier{$k};
		}

		return \%seen;
	});

	for my $s (@seen) {
		$sum{$_} += $s->{$_} for keys %$s;
	}

	return \%sum;
}


sub ask {
	my ($s, $as, $session) = @_;

	my $raw = chat_raw(as => $as, session => $session, max_tokens => 5);
	my $r = $s->next($raw);

	# keepalive_requests
	if ($r->status() == 0 || ($r->header('Connection') // '') eq 'close') {
		$s->close();
		$_[0] = Aicost::Http::Stream->new()->keep();
		return ask($_[0], $as, $session) if $r->status() == 0;
	}

	return $r->header('X-AICost-Tier');
}

###############################################################################
