#!/usr/bin/perl

# Tests for marks of a budget: warn, downgrade, share, the free tier at the end.

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

# one call of 50 tokens costs 0.000504 with premium, a tenth of it with cheap

$t->gateway(free => 1, sim => { tokens => 50 },
	consumers => { map({ $_ => {} } qw/bot free share/),
		vip => { critical => JSON::PP::true } },
	http => 'aicost_output min=40;',
	server => <<'CONF',

        location /mark/ {
            aicost_pass premium;
            aicost_budget mark $aicost_consumer 0.003EUR/day warn=30%
                          downgrade=50%:cheap;
        }

        location /next/ {
            aicost_pass premium;
            aicost_budget next $aicost_consumer 0.003EUR/day downgrade=10%;
        }

        location /free/ {
            aicost_pass premium;
            aicost_budget free $aicost_consumer 0.0006EUR/day;
        }

        location /share/ {
            aicost_pass premium;
            aicost_budget share $aicost_consumer 0.01EUR/day
                          share=premium:15%;
        }

        location /limit/ {
            aicost_pass cheap;
            aicost_budget mark $aicost_consumer 0.003EUR/day warn=30%
                          downgrade=50%:cheap;
        }
CONF
	)->run();

# 30 % are gone after the second call, 50 % after the third

is(tier('mark'), 'premium policy', "call $_") for 1 .. 3;
is(tier('mark'), 'cheap downgrade_mark', 'beyond the mark');
is(tier('mark', model => 'premium'), 'premium explicit',
	'not what was chosen');
is(tier('mark', model => 'sim/big'), 'premium explicit',
	'nor the model that was');

for (1 .. 4) {
	is(tier('mark', as => 'vip'), 'premium policy', "critical, call $_");
}

my $warned = () = $t->read_log() =~ /budget "mark" passed its warning mark/g;
is($warned, 2, 'one warning an account and window');

tier('mark') for 1 .. 3;
$warned = () = $t->read_log() =~ /budget "mark" passed its warning mark/g;
is($warned, 2, 'and no more');

# without a tier it is the next lower one

is(tier('next'), 'premium policy', 'before the mark');
is(tier('next'), 'cheap downgrade_mark', 'the next lower tier');

# what is free is the last step, when nothing is left

is(tier('free', as => 'free'), 'premium policy', 'with money');
is(tier('free', as => 'free', max_tokens => 40), 'free free_tier',
	'without');
is(tier('free', as => 'free', model => 'premium'), '402',
	'what was chosen and is not free is refused');

# 0.0015 of the budget are premium's

my @seen = map { tier('share', as => 'share') } 1 .. 6;
is($seen[0], 'premium policy', 'within the share');
is($seen[1], 'premium policy', 'still within');
my ($n) = grep { $seen[$_] !~ /^premium/ } 0 .. $#seen;
cmp_ok($n // 99, '<=', 4, 'the share ends');
unlike($seen[-1], qr/^premium/, 'and stays at its end');
isnt($seen[-1], '402', 'the budget is not spent for that');

my $m = $t->metrics_now();
cmp_ok(metric($m, 'aicost_saved_total', consumer => 'bot'), '>', 0,
	'what a lower tier saved');

# the ratio is of the fullest account

my $ratio = metric($m, 'aicost_budget_used_ratio', budget => 'mark');
cmp_ok($ratio, '>', 0.5, 'used ratio');
cmp_ok($ratio, '<=', 1, 'at most all of it');

# hard to its end

my $last;
for (1 .. 40) {
	$last = chat(uri => '/mark/v1/chat/completions', model => 'cheap');
	last if $last->status() != 200;
}

is(code($last), '402 budget_exceeded', 'the limit holds');
like(tier('mark'), qr/^free /, 'the policy ends at what is free');
is(code(chat(uri => '/limit/v1/chat/completions', model => 'cheap')),
	'402 budget_exceeded', 'elsewhere it is the same account');

###############################################################################

sub tier {
	my ($where, %ask) = @_;

	my $r = chat(uri => "/$where/v1/chat/completions", %ask);
	return $r->status() if $r->status() != 200;

	return join ' ', map { scalar $r->header("X-AICost-$_") }
		qw/Tier Reason/;
}

###############################################################################
