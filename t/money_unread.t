#!/usr/bin/perl

# Tests for usage that cannot be read: charged as reserved and said so; and for
# usage that comes twice or in every event: the last one counts.

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

$t->gateway(sim => { tokens => 20 }, http => <<'CONF',
    log_format settled escape=json '{"cost":"$aicost_cost",'
        '"reserved":"$aicost_cost_reserved","settled":"$aicost_settled",'
        '"out":$aicost_tokens_out,"in":$aicost_tokens_in}';
CONF
	server => 'access_log %%TESTDIR%%/settled.log settled;')->run();

my $port = $t->{sim_port};
my ($asked, $total) = (0, 0);

for my $stream (0, 1) {
	my $what = $stream ? 'stream' : 'JSON';

	for my $fault (qw/nousage zerousage neg huge strusage/) {
		my ($r, $l) = call($stream, $fault);

		is($l->{settled}, 'usage_unreadable', "$what $fault: settled");
		is($l->{cost}, $l->{reserved}, "$what $fault: as reserved");
		cmp_ok(nano($l->{cost}), '>=', 50 * 10000,
			"$what $fault: the whole cap");
		is($r->status(), 200, "$what $fault: passed");
		is(said($r, $stream), "$l->{cost} EUR", "$what $fault: said");
	}

	for my $fault (qw/usagetwice midusage ok/) {
		my ($r, $l) = call($stream, $fault);
		my $seen = ($t->sim_log($port))[-1];

		is($l->{settled}, 'usage', "$what $fault: settled");
		is("$l->{in} $l->{out}", "$seen->{tokens_in} 20",
			"$what $fault: tokens");
		is(nano($l->{cost}), 2000 * $seen->{tokens_in} + 20 * 10000,
			"$what $fault: cost");
	}

	# JSON that is none, and a page of HTML

	next if $stream;

	for my $fault (qw/badjson html/) {
		my ($r, $l) = call(0, $fault);

		is($l->{cost}, $l->{reserved}, "$fault: as reserved");
		cmp_ok(nano($l->{cost}), '>', 0, "$fault: not free");
	}
}

# an error of the provider's is not billed

my ($r, $l) = call(0, '400');
is($r->status(), 400, 'a refusal of the provider');
is("$l->{settled} $l->{cost}", 'not_billed 0.00', 'not billed');

my $m = $t->metrics_now();
is(sprintf('%.0f', 1e9 * metric($m, 'aicost_cost_total')), $total,
	'the metrics have the sum');
is(metric($m, 'aicost_reserved') // 0, 0, 'nothing held');

###############################################################################

sub call {
	my ($stream, $fault) = @_;

	$t->sim_next($port, $fault);
	my $r = chat($stream ? (stream => JSON::PP::true) : ());
	$asked++;

	my @log;
	wait_for {
		my $text = $t->read_log('settled.log');
		@log = split /\n/, $text;
		($text =~ tr!\n!!) >= $asked;
	};

	my $l = decode_json($log[-1]);
	$total += nano($l->{cost});

	return ($r, $l);
}


sub said {
	my ($r, $stream) = @_;

	return $r->header('X-AICost-Cost') unless $stream;
	return join ',', map { /cost=(\S+) currency=(\S+)/ ? "$1 $2" : () }
		$r->comments();
}

###############################################################################
