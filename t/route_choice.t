#!/usr/bin/perl

# Tests for which tier and model serve a request: the client's explicit choice,
# what its key may use, the policy, and what a model or provider can do.

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

my %plain = (input => '1', output => '1', can => []);
my %able = (%plain, can => [qw/tools vision json_schema/]);

$t->gateway(
	consumers => {
		bot => {},
		low => { max_tier => 'cheap' },
		some => { tiers => [qw/cheap mixed/] },
		top => { tiers => ['premium'] },
		few => { models => [qw!sim/big own/model!] },
		apart => { models => ['sim/apart'] },
		guest => { tiers => ['cheap'] },
	},
	prices => prices('own/model' => \%able, 'sim/apart' => \%plain,
		'sim/blind' => \%plain, 'far/model' => \%able),
	pass => '$tier',
	http => <<'CONF',
    map $http_x_tier $tier { default premium; ~. $http_x_tier; }

    aicost_provider own http://127.0.0.1:%%PORT_9000%%/own/v1 api=openai
        extra=pass region=eu retention=none;
    aicost_provider far http://127.0.0.1:%%PORT_9000%%/far/v1 api=openai
        region=us;
    aicost_tier mixed sim/big own/model;
    aicost_tier seeing sim/blind own/model;
    aicost_tier blind sim/blind;
    aicost_tier world far/model own/model;
CONF
	server => <<'CONF',
        location /eu/ {
            aicost_require region=eu;
            aicost_pass world;
        }

        location /kept/ {
            aicost_require retention=none;
            aicost_pass mixed;
        }

        location /guests/ {
            aicost_anonymous guest;
            aicost_pass cheap;
        }
CONF
)->run();

my $port = $t->{sim_port};
my @image = ({ role => 'user', content => [ { type => 'image_url',
	image_url => { url => 'data:image/png;base64,AAAA' } } ] });
my @tools = ({ type => 'function', function => { name => 'f' } });

# the policy, up to what the key may use

is(choice('bot'), 'premium sim/big policy', 'policy');
is(choice('low'), 'cheap sim/small max_tier', 'lowered to the ceiling');
is(choice('low', tier => 'cheap'), 'cheap sim/small policy', 'within it');
is(choice('some'), 'cheap sim/small max_tier', 'lowered to what it may use');
is(choice('top', tier => 'cheap'), '403 tier_not_allowed', 'never raised');
is(choice('few', tier => 'cheap'), '403 model_not_allowed',
	'no model of the tier');
is(choice('few', tier => 'mixed'), 'mixed sim/big policy', 'one of its models');

# the client's own choice

is(choice('bot', model => 'cheap'), 'cheap sim/small explicit', 'a tier');
is(choice('bot', model => 'sim/small'), 'cheap sim/small explicit',
	'provider/model');
is(choice('bot', model => 'small'), 'cheap sim/small explicit', 'a model');
is(choice('bot', model => 'own/model'), 'mixed own/model explicit',
	'a second model of its tier');
is(choice('low', model => 'premium'), '403 tier_not_allowed', 'too high');
is(choice('low', model => 'sim/big'), '403 model_not_allowed',
	'a model too high');
is(choice('some', model => 'big'), 'mixed sim/big explicit',
	'a model of a tier it may use, and of one it may not');
is(choice('few', model => 'sim/small'), '403 model_not_allowed',
	'a model of none of its own');
is(choice('apart', model => 'sim/apart'), ' sim/apart explicit',
	'a model of no tier, for a key that names it');
is(choice('bot', model => 'sim/apart'), '404 model_not_found',
	'and for no other');
is(choice('bot', model => 'Premium'), '404 model_not_found', 'another case');
is(choice('bot', model => 'sim/'), '404 model_not_found', 'half a name');
is(choice('bot', model => 'auto ', ), '400 invalid_parameter', 'not a name');

# what a provider takes, and a model can do

is(choice('bot', tier => 'mixed', top_k => 4), 'mixed own/model policy',
	'a member of one provider\'s own');
is(choice('bot', top_k => 4), '400 parameter_not_allowed', 'and of no other');
is(choice('bot', tier => 'seeing'), 'seeing sim/blind policy', 'text');
is(choice('bot', tier => 'seeing', messages => \@image),
	'seeing own/model policy', 'an image');
is(choice('bot', tier => 'seeing', tools => \@tools),
	'seeing own/model policy', 'tools');
is(choice('bot', tier => 'blind', tools => \@tools),
	'400 parameter_not_allowed', 'tools for none');
is(choice('bot', model => 'sim/blind', messages => \@image),
	'400 parameter_not_allowed', 'an image for one that is blind');

# what a location requires

is(choice('bot', at => '/eu'), 'world own/model policy', 'a region');
is(choice('bot', at => '/eu', model => 'far/model'), '403 model_not_allowed',
	'and of no other region');
is(choice('bot', at => '/eu', model => 'premium'), '403 model_not_allowed',
	'not even by tier');
is(choice('bot', at => '/kept'), 'mixed own/model policy', 'a retention');

# without a key

is(choice(undef, at => '/guests'), 'cheap sim/small policy', 'a guest');
is(choice(undef, at => '/guests', model => 'premium'), '403 tier_not_allowed',
	'is a consumer');
is(choice('nobody', at => '/guests'), '401 invalid_api_key',
	'a wrong key is no guest');
is(choice('bot', at => '/guests', model => 'premium'),
	'premium sim/big explicit', 'a key is its own');
is(choice(undef), '401 missing_api_key', 'only where it is said');

# each went where it says

my %at = map { $_->{path} => 1 } $t->sim_log($port);
is(join(' ', sort keys %at), '/own/v1/chat/completions /v1/chat/completions',
	'paths');

###############################################################################

sub choice {
	my ($as, %ask) = @_;
	my $tier = delete $ask{tier};
	my $at = delete $ask{at} // '';

	my $r = chat(%ask, as => $as, uri => "$at/v1/chat/completions",
		headers => { defined $tier ? ('X-Tier' => $tier) : () });

	return code($r) if $r->status() != 200;
	return join ' ', map { $r->header("X-AICost-$_") // '' }
		qw/Tier Model Reason/;
}

###############################################################################
