package Aicost::Chaos;

# Clients and providers of every shape that do what they do by dice: read, read
# slowly, say half of it or leave at any byte; answer, fail, hang, cut.

use warnings;
use strict;

use Exporter qw/import/;

use Aicost::Test;
use Aicost::Gateway;

our @EXPORT = qw/chaos chaos_conf chaos_prices/;

my @SHAPES = qw/openai responses anthropic gemini ollama bedrock/;
my @FAULTS = qw/ok ok ok ok 429 500=1 529 400 close reset hang
	hangbody cut=3 errorevent=2 nousage zerousage huge neg html badjson
	slow=2 delay=30 bigevent=200000 longjson=300000 oneb crlf+blank cr
	toolcall midusage usagetwice chunked ignorecap redirect bighead=9000
	aspriority cached=4+write=3+reasoning=5 slow=5+tokens=40/;

###############################################################################

# a provider and a tier of each shape, "to-SHAPE", which fails over to another

sub chaos_conf {
	my %base = (openai => '/v1', responses => '/v1', gemini => '/v1beta');
	my ($providers, $tiers) = ('', '');

	for my $shape (@SHAPES) {
		my $next = $shape eq 'openai' ? 'anthropic' : 'openai';

		$providers .= "aicost_provider $shape http://127.0.0.1:"
			. '%%PORT_9000%%' . ($base{$shape} // '')
			. " api=$shape timeout=300ms;\n";
		$tiers .= "aicost_tier to-$shape $shape/m $next/m;\n";
	}

	return "$providers $tiers aicost_failover after_send=1;";
}


sub chaos_prices {
	my %price = (input => '2', output => '10', cached => '0.5',
		cache_write => '2.5', max_output => 1000, context => 200000);

	return prices(map { ("$_/m" => \%price) } @SHAPES);
}


# so many clients with so many requests each, of the gateways in turn at these
# ports: { whole, refused, left, closed }

sub chaos {
	my ($t, $clients, $count, $seed, @ports) = @_;

	@ports = port(8080) unless @ports;

	srand($seed);
	my @seeds = map { int(rand(1 << 30)) } 1 .. $clients;
	my %did;

	for my $did (parallel($clients, sub {
		_client($t, $count, $seeds[$_[0]], $ports[$_[0] % @ports]) }))
	{
		$did{$_} += $did->{$_} for keys %$did;
	}

	return \%did;
}

# what one client does, by its own dice: as chaos()

sub _client {
	my ($t, $count, $seed, $port) = @_;
	my %did;

	srand($seed);

	for (1 .. $count) {
		# the queue of the provider has an end

		eval { $t->sim_next($t->{sim_port}, $FAULTS[rand @FAULTS]) }
			if rand() < 0.8;

		my $s = http_begin('', -port => $port, -timeout => 5);
		my $how = _once($s, _request());

		$did{$how}++;
		$how eq 'left' ? $s->abort() : $s->close();
	}

	return \%did;
}


sub _once {
	my ($s, $text) = @_;
	my $dice = rand();

	# half of a request, then gone

	if ($dice < 0.1) {
		$s->write(substr $text, 0, rand length $text);
		return 'left';
	}

	# in pieces

	if ($dice < 0.2) {
		for my $part (unpack '(a300)*', $text) {
			$s->write($part) or return 'closed';
			select undef, undef, undef, 0.001;
		}

	} else {
		$s->write($text) or return 'closed';
	}

	return 'left' if $dice > 0.9;

	# gone at some byte of the answer, or in the middle of waiting

	if ($dice > 0.6) {
		my $n = rand() ** 3 * 4000;

		$s->read_until(sub { length $_[0] > $n }, rand() * 0.2);
		return 'left';
	}

	my $r = $s->finish();

	return 'closed' if !$r || !$r->complete();
	return 'whole' if $r->status() == 200;

	# as clients do, or an outage of the store would eat all their requests
	select undef, undef, undef, rand() * 0.2 if $r->status() == 503;

	return 'refused';
}


sub _request {
	my $shape = $SHAPES[rand @SHAPES];
	my @clients = qw/openai responses anthropic gemini/;
	my $client = $clients[rand @clients];
	my $stream = rand() < 0.6;
	my $text = 'hello ' x (rand() < 0.1 ? 20000 : 1 + rand 100);
	my $turns = [ { role => 'user', content => $text } ];
	my %stream = $stream ? (stream => JSON::PP::true) : ();
	my $tier = "to-$shape";

	my ($path, $body) = $client eq 'openai' ? ('/v1/chat/completions',
			{ model => $tier, %stream, messages => $turns })
		: $client eq 'responses' ? ('/v1/responses',
			{ model => $tier, %stream, input => $text })
		: $client eq 'anthropic' ? ('/v1/messages', { model => $tier,
			%stream, max_tokens => 20, messages => $turns })
		: ("/v1beta/models/$tier:" . ($stream
			? 'streamGenerateContent?alt=sse' : 'generateContent'),
			{ contents => [ { role => 'user',
				parts => [ { text => $text } ] } ] });
	$body = encode_json($body);

	return "POST $path HTTP/1.1\r\nHost: localhost\r\n"
		. "Authorization: Bearer " . consumer_key('bot')
		. "\r\nContent-Type: application/json\r\nContent-Length: "
		. length($body) . "\r\n\r\n$body";
}

################################################################

1;
