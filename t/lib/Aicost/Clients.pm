package Aicost::Test;

# SDKs as clients, the mock server of another project as the provider, in the
# shape of each api=: what each SDK makes of each.

use warnings;
use strict;

use IO::Socket::INET;
use Test::More ();

use Aicost::Test;
use Aicost::Gateway;

my $CLIENTS = "$Aicost::Test::ROOT/t/clients";

# the model of each shape, what follows the mock's address, and parameters

my %SHAPE = (
	openai => ['gpt-5-mini', '/v1'],
	responses => ['gpt-5', '/v1'],
	azure => ['our-gpt', '/openai', 'version=2024-10-21'],
	anthropic => ['claude-sonnet-5', ''],
	gemini => ['gemini-3-flash', '/v1beta'],
	ollama => ['llama3.1:8b', ''],
	bedrock => ['eu.anthropic.claude-sonnet-5-v1:0', ''],
);

my $HELLO = 'Hello from far away, dear friend of ours.';

###############################################################################

# the gateway, with a location and a tier of one model for each shape, and the
# provider that speaks them all; a test is skipped without its packages

sub clients {
	my ($self, @packages) = @_;
	my (%prices, $tiers);

	for my $p ('@copilotkit/aimock', @packages) {
		next if -d "$CLIENTS/node_modules/$p";

		$self->{skipped} = 1;
		Test::More::plan(skip_all =>
			"no node_modules/$p: util/run-tests installs it");
	}

	$self->has(qw/module sim node/)->plan();

	for my $shape (sort keys %SHAPE) {
		my ($model, $path, $more) = @{ $SHAPE{$shape} };

		$prices{"$shape/$model"} = { input => '2', output => '10',
			context => 200000, max_output => 8000,
			can => [qw/tools vision json_schema/] };
		$tiers .= "aicost_provider $shape http://127.0.0.1:"
			. port('aimock') . "$path api=$shape " . ($more // '')
			. ";\naicost_tier $shape $shape/$model;\n";
	}

	# only OpenAI's own API and Azure's have embeddings here

	for my $shape (qw/openai azure/) {
		$prices{"$shape/our-embed"} = { input => '0.02',
			context => 8000, mode => 'embedding' };
		$tiers .= "aicost_tier embed_$shape $shape/our-embed;\n";
	}

	$self->gateway(prices => prices(%prices), http => $tiers,
		server => <<'CONF');
        location /any/ {
            aicost_pass openai;
        }
        location /full/ {
            aicost_pass openai;
            aicost_references full;
        }
        location /broke/ {
            aicost_pass openai;
            aicost_budget broke all 0.000001EUR/day;
        }
CONF

	$self->aimock();

	return $self->run();
}


sub aimock {
	my ($self) = @_;
	my $port = port('aimock');
	my $pid = $self->_spawn('aimock.log', 'node',
		"$CLIENTS/provider.mjs", $port, "$self->{dir}/sent");

	my $up = wait_for {
		return -1 if waitpid($pid, POSIX::WNOHANG()) == $pid;
		IO::Socket::INET->new(Proto => 'tcp',
			PeerAddr => "127.0.0.1:$port") ? 1 : 0;
	};

	die "the mock server did not start:\n" . $self->read_log('aimock.log')
		if $up != 1;

	push @{ $self->{daemons} }, $pid;
}


# the requests the provider has read, as it understood them

sub provider_seen {
	return @{ http_get('/__aimock/journal', -port => port('aimock'))
		->json() };
}


# a Python with what that file requires, made below objs/ once; without Python
# or a registry the test is skipped

sub python {
	my ($self, $requirements) = @_;
	my ($name) = $requirements =~ m!([^/]+)\.txt\z!;
	my $dir = "$Aicost::Test::ROOT/objs/python-$name";
	my $python = "$dir/bin/python";

	open my $fh, '<', $requirements or die "$requirements: $!\n";
	my $wanted = do { local $/; <$fh> };

	if (open my $done, '<', "$dir/done") {
		local $/;
		return $python if <$done> eq $wanted;
	}

	for (['no python3 with venv here', 'python3', '-m', 'venv', '--clear',
			$dir],
		['no registry for Python here', $python, '-m', 'pip', 'install',
			'-q', '--disable-pip-version-check', '--timeout', '10',
			'--retries', '0', '-r', $requirements])
	{
		my ($why, @command) = @$_;
		my ($rc) = $self->command(@command);

		if ($rc) {
			$self->{skipped} = 1;
			Test::More::plan(skip_all => $why);
		}
	}

	open my $done, '>', "$dir/done" or die "$dir/done: $!\n";
	print $done $wanted;
	close $done;

	return $python;
}


# { name, value or error } of each case, LOCATION/NAME or LOCATION/NAME@MODEL

sub client {
	my ($self, $command, @cases) = @_;

	local $ENV{KEY} = consumer_key('bot');
	local $ENV{BASE} = 'http://127.0.0.1:' . port(8080) . '/';

	my ($rc, $out, $err) = $self->command(@$command, @cases);
	Test::More::diag($err) if $rc;

	return map { decode_json($_) } split /\n/, $out;
}

###############################################################################

# what holds for every SDK.  finish => [stop, tools, length]: its words for
# them; errors => { bad, key, model, broke, cut }: its class of each, "NAME
# STATUS"; members => { photo }: its names of what some shape has no
# word for; more => [ cases of its own ]

my @CASES = qw/plain stream system tools tools_stream pair pair_stream beside
	beside_stream ponder ponder_stream schema schema_stream image photo thoughts
	thoughts_stream long long_stream broken broken_stream cut busy key
	model/;

# what a shape has no word for, by case

my %NOT = (
	bedrock => { photo => 'photo' },
	ollama => { photo => 'photo' },
);

sub client_tests {
	my ($self, $command, %sdk) = @_;
	my @shapes = sort keys %SHAPE;
	my @cases = (@CASES, @{ $sdk{more} || [] });
	my $before = () = $self->ledger();

	my %r = map { $_->{name} => $_ } $self->client($command,
		(map { my $shape = $_; map { "any/$_\@$shape" } @cases } @shapes),
		'broke/broke');

	my @paid = $self->ledger($before + 1);

	Test::More::ok(wait_for {
		@paid = $self->ledger();
		splice @paid, 0, $before;
		grep { $_->{status} == 402 } @paid;
	}, 'no money: refused');

	for my $shape (@shapes) {
		my @of = grep { $_->{tier} eq $shape } @paid;
		my %of = map { $_ => $r{"any/$_\@$shape"} } @cases;

		$self->client_shape($shape, \%of, \@of, %sdk);
	}

	error_is($r{'broke/broke'}, $sdk{errors}{broke},
		qr{Budget \\?"broke\\?" has}, 'no money', 'budget_exceeded');
	Test::More::is(scalar(grep { $_->{status} == 402 } @paid), 1,
		'no money: asked once');
}


sub client_shape {
	my ($self, $shape, $r, $paid, %sdk) = @_;
	my %r = %$r;
	my $not = $NOT{$shape} || {};
	my ($stop, $call, $length) = @{ $sdk{finish} };
	my $v = sub { ref $r{$_[0]}{value} eq 'HASH' ? $r{$_[0]}{value} : {} };

	for my $name (sort keys %$not) {
		next unless $r{$name};
		error_is(delete $r{$name}, $sdk{errors}{bad},
			qr/$sdk{members}{ $not->{$name} }/, "$shape: $name",
			'parameter_not_allowed');
	}

	for my $name (qw/plain stream/) {
		value_is($r{$name}, $HELLO, "$shape: $name");
		Test::More::is($v->($name)->{finish}, $stop,
			"$shape: $name: it stopped");
		Test::More::cmp_ok($v->($name)->{$_} // 0, '>', 0,
			"$shape: $name: tokens $_") for qw/in out/;
	}

	Test::More::cmp_ok($v->('stream')->{chunks} // 0, '>', 1,
		"$shape: in pieces");

	$self->client_loops($shape, \%r, $call);

	for my $name (grep { $r{$_} } qw/schema schema_stream schema_typed/) {
		Test::More::is_deeply($r{$name}{value}, { answer => 42 },
			"$shape: $name") or note_json($r{$name});
	}

	for (['system', 'A parrot.'], ['image', 'A red dot.'],
		['photo', 'A photo.'], ['thoughts', 'Thought about.'],
		['thoughts_stream', 'Thought about.'],
		['long', 'Once upon a time'],
		['long_stream', 'Once upon a time'])
	{
		my ($name, $text) = @$_;
		value_is($r{$name}, $text, "$shape: $name") if $r{$name};
	}

	for my $name (qw/thoughts thoughts_stream/) {
		Test::More::is($v->($name)->{thoughts}, 'It is a test.',
			"$shape: $name: they are told");
	}

	for my $name (qw/long long_stream/) {
		Test::More::is($v->($name)->{finish}, $length,
			"$shape: $name: the cap");
	}

	$self->client_errors($shape, \%r, %sdk);

	# what the client was told is what was paid

	Test::More::ok((grep { $_->{status} == 502 } @$paid),
		"$shape: a second try: the first failed");

	for ([$paid->[0], 'plain'], [$paid->[1], 'stream']) {
		my ($l, $name) = @$_;

		Test::More::is("$l->{in} $l->{out}",
			join(' ', map { $_ // '-' } @{ $v->($name) }{qw/in out/}),
			"$shape: $name: tokens paid");
		Test::More::is(nano($l->{cost}),
			2000 * $l->{in} + 10000 * $l->{out},
			"$shape: $name: cost");
	}
}


# a call or two, their results, what is said then

sub client_loops {
	my ($self, $shape, $r, $finish) = @_;

	my %one = (city => "Z\x{fc}rich", days => 2);
	my %two = (city => 'Bern', days => 1);

	for my $name (qw/tools tools_stream tools_typed pair pair_stream beside
		beside_stream ponder ponder_stream result_image runner
		runner_stream/)
	{
		my $of = $r->{$name} or next;
		my $v = ref $of->{value} ? $of->{value} : {};

		value_is($of, $name =~ /pair/ ? 'Both sunny.'
			: $name =~ /beside/ ? 'Sunny, as I said.'
			: $name =~ /ponder/ ? 'Sunny, I thought.'
			: $name =~ /image/ ? 'Sunny, as in the picture.'
			: 'Sunny, 21 degrees.',
			"$shape: $name: the answer to the result");
		Test::More::is_deeply($v->{args},
			[ \%one, $name =~ /pair/ ? \%two : () ],
			"$shape: $name: arguments");
		Test::More::is($v->{beside} // '',
			$name =~ /beside/ ? 'Let me see.' : '',
			"$shape: $name: the text beside")
			if $name !~ /runner/;
		Test::More::is($v->{finish}, $finish, "$shape: $name: it asked")
			if $name !~ /runner/;
	}
}


sub client_errors {
	my ($self, $shape, $r, %sdk) = @_;
	my $class = $sdk{errors};

	error_is($r->{$_}, $class->{bad}, qr/That cannot be done/,
		"$shape: $_") for qw/broken broken_stream/;
	error_is($r->{cut}, $class->{cut}, qr/./, "$shape: a stream that is cut");
	value_is($r->{busy}, 'Now.', "$shape: a second try");
	error_is($r->{key}, $class->{key}, qr/This key is not known/,
		"$shape: a wrong key", 'invalid_api_key');
	error_is($r->{model}, $class->{model}, qr{no model \\?"nothing},
		"$shape: a wrong model", 'model_not_found');
}


sub value_is {
	my ($r, $text, $name) = @_;

	Test::More::is(ref $r->{value} ? $r->{value}{text} : undef, $text,
		$name) or note_json($r);
}


sub error_is {
	my ($r, $is, $says, $name, $code) = @_;
	my $e = $r->{error} || {};

	Test::More::is(join(' ', map { $_ // '-' } @$e{qw/class status/}), $is,
		"$name: the class") or note_json($r);
	Test::More::like($e->{message}, $says, "$name: it says why");
	Test::More::like(($e->{code} // '') . " $e->{message}", qr/\b$code\b/,
		"$name: its code") if $code;
}


sub note_json {
	Test::More::diag(JSON::PP->new->canonical->ascii->encode($_[0]));
}

1;
