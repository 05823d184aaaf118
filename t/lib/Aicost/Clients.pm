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

	$self->gateway(prices => prices(%prices), http => $tiers,
		server => <<'CONF');
        location /any/ {
            aicost_pass openai;
        }
        location /lenient/ {
            aicost_pass openai;
            aicost_translate lenient;
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
		"$CLIENTS/provider.mjs", $port);

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


# { name, value or error } of each case

sub client {
	my ($self, $command, $where, @cases) = @_;

	local $ENV{KEY} = consumer_key('bot');
	local $ENV{BASE} = 'http://127.0.0.1:' . port(8080) . "/$where";

	my ($rc, $out, $err) = $self->command(@$command, @cases);
	Test::More::diag($err) if $rc;

	return map { decode_json($_) } split /\n/, $out;
}

###############################################################################

# what holds for every SDK.  finish => [stop, tools]: its words for them;
# errors => { bad, key, model, broke }: its class of each, "NAME STATUS";
# schema: its member for a schema, which Bedrock's shape has no word for

my @CASES = qw/plain stream system tools tools_stream schema image broken
	broken_stream busy key model/;

sub client_tests {
	my ($self, $command, %sdk) = @_;
	my @shapes = sort keys %SHAPE;
	my $before = () = $self->ledger();

	my %r = map { $_->{name} => $_ } $self->client($command, 'any',
		map { my $shape = $_; map { "$_\@$shape" } @CASES } @shapes);

	# two are loops, one is asked twice
	my @paid = $self->ledger($before + (@CASES + 3) * @shapes);
	splice @paid, 0, $before;

	for my $shape (@shapes) {
		$self->client_shape($shape, { map { $_ => $r{"$_\@$shape"} }
			@CASES }, [ grep { $_->{tier} eq $shape } @paid ],
			%sdk);
	}

	my ($loose) = $self->client($command, 'lenient', 'loose@bedrock');
	value_is($loose, 'In words.', 'bedrock: a schema left out');

	$before = () = $self->ledger();
	my ($r) = $self->client($command, 'broke', 'broke');

	error_is($r, $sdk{errors}{broke}, qr{Budget \\?"broke\\?" has},
		'no money', 'budget_exceeded');

	my $after = () = $self->ledger($before + 1);
	Test::More::is($after - $before, 1, 'no money: asked once');
}


sub client_shape {
	my ($self, $shape, $r, $paid, %sdk) = @_;
	my %r = %$r;
	my ($stop, $call) = @{ $sdk{finish} };
	my $v = sub { $r{$_[0]}{value} // {} };

	for my $name (qw/plain stream/) {
		value_is($r{$name}, $HELLO, "$shape: $name");
		Test::More::is($v->($name)->{finish}, $stop,
			"$shape: $name: it stopped");
		Test::More::cmp_ok($v->($name)->{$_} // 0, '>', 0,
			"$shape: $name: tokens $_") for qw/in out/;
	}

	Test::More::cmp_ok($v->('stream')->{chunks} // 0, '>', 1,
		"$shape: in pieces");
	value_is($r{system}, 'A parrot.', "$shape: system");

	for my $name (qw/tools tools_stream/) {
		value_is($r{$name}, 'Sunny, 21 degrees.',
			"$shape: $name: the answer to the result");
		Test::More::is_deeply($v->($name)->{args},
			{ city => "Z\x{fc}rich", days => 2 },
			"$shape: $name: arguments");
		Test::More::is($v->($name)->{finish}, $call,
			"$shape: $name: it asked");
	}

	if ($shape eq 'bedrock') {
		error_is($r{schema}, $sdk{errors}{bad}, qr/$sdk{schema}/,
			"$shape: a schema", 'parameter_not_allowed');
	} else {
		Test::More::is_deeply($r{schema}{value}, { answer => 42 },
			"$shape: a schema") or note_json($r{schema});
	}

	value_is($r{image}, 'A red dot.', "$shape: an image");

	error_is($r{$_}, $sdk{errors}{bad}, qr/That cannot be done/,
		"$shape: $_") for qw/broken broken_stream/;
	value_is($r{busy}, 'Now.', "$shape: a second try");
	error_is($r{key}, $sdk{errors}{key}, qr/This key is not known/,
		"$shape: a wrong key", 'invalid_api_key');
	error_is($r{model}, $sdk{errors}{model}, qr{no model \\?"nothing},
		"$shape: a wrong model", 'model_not_found');

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
