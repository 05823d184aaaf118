#!/usr/bin/perl

# Tests for aicost prices and aicost estimate.

use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $aicost = $ENV{AICOST} || 'objs/aicost';
-x $aicost or plan skip_all => "no $aicost: make cli";

my $dir = tempdir(CLEANUP => 1);
my $out = "$dir/prices.json";

sub run {
    my $text = `$aicost @_ 2>&1`;
    return wantarray ? ($? >> 8, $text) : $text;
}

sub slurp {
    open my $f, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$f>;
}

sub spew {
    open my $f, '>', $_[0] or die "$_[0]: $!";
    print $f $_[1];
    close $f;
}

my $import = "prices import --json t/data/litellm.json";
my %entry = map { $_->{key} => $_ }
    @{decode_json(scalar run($import))->{entries}};

is($entry{'gpt-6-luna'}{result}, 'new', 'taken');
is($entry{'gpt-6-luna'}{model}, 'openai/gpt-6-luna', 'its name');
is($entry{'gpt-6-luna'}{input}, '0.10', 'USD per 1M');
is($entry{'gpt-6-luna'}{why}, '', 'nothing to say');
is($entry{'gpt-strings'}{input}, '0.15', 'numbers as strings');
is($entry{'gpt-old'}{why}, 'deprecated since 2025-01-01', 'deprecated');

like($entry{'gpt-served'}{why}, qr/flex: its prices are not one share/,
    'a service tier whose prices differ');
like($entry{'gpt-served'}{why}, qr/priority costs over ten times as much: left/,
    'one that is absurd');

for my $case (
    [ 'sample_spec', qr/no model/ ],
    [ 'gpt-negative', qr/input_cost_per_token is no price/ ],
    [ 'gpt-words', qr/is no price/ ],
    [ 'gpt-preview', qr/0 is unknown, not free/ ],
    [ 'gpt-silent', qr/no input price/ ],
    [ 'dall-e-9', qr/mode image_generation/ ],
    [ 'wandb/absurd-r1', qr/135000 USD per 1M: a wrong unit/ ],
    [ 'gemini-twin', qr/the same name as "gemini\/gemini-twin"/ ])
{
    is($entry{$case->[0]}{result}, 'skipped', "$case->[0] skipped");
    like($entry{$case->[0]}{why}, $case->[1], "$case->[0] says why");
}

is($entry{'gpt-low'}{input}, '0.00013', 'every digit of a low price');
like($entry{'gpt-low'}{why}, qr/a wrong unit\?/, 'which is flagged');
ok(!exists $entry{fallback_generalizations}, 'a list is no model');
like($entry{'ft:gpt-mixed'}{why}, qr/cache write is cheaper/, 'flagged');
is($entry{'ollama/llama3.1'}{input}, 'free', 'local: free');
is($entry{'dashscope/qwen-tiers'}{output}, '4.00', 'the dearer output price');
ok(!-e $out, 'nothing written without --out');

# what is written

is((run("$import --out $out"))[0], 0, 'written');
my $models = decode_json(slurp($out))->{models};
is_deeply($models->{'openai/gpt-served'}[0]{service},
    { flex => '66.6667%', fast => '600%' }, 'service tiers as shares');
my $luna = $models->{'openai/gpt-6-luna'}[0];
is_deeply($luna->{above}, [ { tokens => 272000, input => '0.20',
    output => '0.75' } ], 'above');
is($luna->{cache_write}, '0.125', 'cache write');
is($luna->{max_output}, 128000, 'a real as a limit');
is_deeply($luna->{can}, [ qw(tools vision json_schema) ], 'can');
like($luna->{source}, qr/^litellm, imported \d{4}-\d\d-\d\d$/, 'source');
is($models->{'openai/text-embedding-9'}[0]{mode}, 'embedding', 'embedding');
ok(!exists $models->{'openai/text-embedding-9'}[0]{output}, 'has no output');
is($models->{'dashscope/qwen-tiers'}[0]{above}[0]{output}, '12.00', 'tiers');
ok(!exists $models->{'openai/ft:gpt-mixed'}[0]{cache_write},
    'a wrong field is left out');

# history

my $text = slurp($out);
run("$import --out $out");
is(slurp($out), $text, 'the same again changes nothing');

(my $short = $text) =~ s/"0\.10"/"0.1"/;
isnt($short, $text, 'a price in fewer digits');
spew($out, $short);
run("$import --out $out");
is(slurp($out), $short, 'is the same price');
spew($out, $text);

(my $dearer = slurp('t/data/litellm.json')) =~ s/1e-07, "output/3e-07, "output/;
spew("$dir/dearer.json", $dearer);
my $hand = $text;
$hand =~ s/("openai\/gpt-strings".*?"source": ")litellm/$1our contract/;
spew($out, $hand);
chmod 0640, $out;
%entry = map { $_->{key} => $_ } @{decode_json(scalar run(
    "prices import --json --out $out $dir/dearer.json"))->{entries}};
is($entry{'gpt-6-luna'}{result}, 'changed', 'a new price');
like($entry{'gpt-6-luna'}{why}, qr/input was 0.10/, 'says the old one');
$models = decode_json(slurp($out))->{models};
my $rows = $models->{'openai/gpt-6-luna'};
is(@$rows, 2, 'a row more');
is("$rows->[0]{input} $rows->[1]{input}", '0.10 0.30', 'the old one is kept');
is((stat $out)[2] & 07777, 0640, 'the mode is kept');

$dearer =~ s/"0.00000015"/"0.00000016"/;
spew("$dir/dearer.json", $dearer);
%entry = map { $_->{key} => $_ } @{decode_json(scalar run(
    "prices import --json --out $out $dir/dearer.json"))->{entries}};
is($entry{'gpt-strings'}{result}, 'kept', 'a row by hand is kept');

run("prices import --json --out $out --valid-from 2030-01-01"
    . " t/data/litellm.json");
like(run("prices show --prices $out gpt-6-luna"), qr/0\.30 .* 2030-01-01/,
    'a price to come');

# options

%entry = map { $_->{key} => $_ } @{decode_json(scalar run(
    "$import --force --provider wandb --as wandb=lab"))->{entries}};
is(join(',', sort keys %entry), 'wandb/absurd-r1', '--provider');
is($entry{'wandb/absurd-r1'}{model}, 'lab/absurd-r1', '--as');
is($entry{'wandb/absurd-r1'}{input}, '135000.00', '--force');
%entry = map { $_->{key} => $_ } @{decode_json(scalar run(
    "$import --local openai"))->{entries}};
is($entry{'gpt-preview'}{input}, 'free', '--local');

# never over a broken file, never a broken file

spew("$dir/broken.json", '{"version": 1, "models": {"x": {}}}');
my ($rc, $said) = run("$import --out $dir/broken.json");
is($rc, 1, 'a broken --out is not overwritten');
like($said, qr/broken\.json:\d+:\d+: .*provider\/model/, 'and named');
is((run("prices check --prices $dir/broken.json"))[0], 1, 'check fails');
like(run("prices check --prices $out"), qr/prices\.json: \d+ models, ok/,
    'check');
is((run("prices show --prices $out nonesuch"))[0], 1, 'no such model');
spew("$dir/none.json", '{"a": {"litellm_provider": "x", "mode": "ocr"}}');
is((run("prices import --out $dir/new.json $dir/none.json"))[0], 1,
    'nothing to take');
ok(!-e "$dir/new.json", 'nothing is written then');
is((run('prices export'))[0], 2, 'wrong use');

# estimate

spew("$dir/p.json", '{"version": 1, "currency": "USD", "models": {'
    . '"a/dear": {"input": "10.00", "output": "50.00", "context": 100000,'
    . ' "max_output": 1000, "can": ["tools"]},'
    . '"a/cheap": {"input": "1.00", "output": "5.00", "max_output": 8000},'
    . '"b/own": {"free": true},'
    . '"c/vector": {"input": "0.02", "mode": "embedding"}}}');

sub estimate {
    my ($args) = @_;
    my $all = decode_json(scalar run("estimate --json --prices $dir/p.json "
        . $args));
    return @{$all->[0]{models}};
}

my @m = estimate('t/data/requests/chat-short-en.json');
is(join(' ', map { $_->{model} } @m), 'a/dear a/cheap b/own',
    'dearest to cheapest, no embeddings');
is($m[0]{tokens_out}, 60, 'the cap of the request');
ok($m[0]{tokens_in} > 10 && $m[0]{tokens_in} < 60, 'tokens of input');
ok($m[0]{tokens_in_upper} >= $m[0]{tokens_in}, 'at most');
is($m[0]{cost}, sprintf('%.6f', ($m[0]{tokens_in} * 10 + 3000) / 1e6)
    =~ s/(\.\d\d\d*?)0+$/$1/r, 'cost');
ok($m[2]{free}, 'free');

@m = estimate('--output 5000 t/data/requests/chat-short-en.json');
is($m[0]{tokens_out} . ' ' . $m[1]{tokens_out}, '1000 5000',
    'never more than the model can');
@m = estimate('--output 100 --currency EUR --usd 0.50'
    . ' t/data/requests/chat-short-nl.json');
is($m[0]{cost}, sprintf('%.6f', ($m[0]{tokens_in} * 10 + 5000) / 2e6)
    =~ s/(\.\d\d\d*?)0+$/$1/r, 'in euro');
@m = estimate('t/data/requests/embeddings-string.json');
is($m[-2]{model} . $m[-2]{tokens_out}, 'c/vector0', 'embeddings');
@m = estimate('t/data/requests/chat-image.json');
is((grep { $_->{model} eq 'a/dear' } @m)[0]{note}, 'no images', 'cannot');
like(run("estimate --prices $dir/p.json t/data/requests/chat-short-en.json"),
    qr/a\/dear .* 10\.0x/, 'the ratio');
is((run("estimate --prices $dir/p.json $dir/p.json"))[0], 1, 'no request');

for my $file (glob 't/data/requests/*.json') {
    is((run("estimate --prices $dir/p.json $file"))[0], 0, "estimate $file");
}

done_testing();
