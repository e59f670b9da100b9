#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small llama of random weights and a matching tokenizer: llama_model.py VOCABULARY.gguf FOLDER

The vocabulary comes with llama.cpp's source (GPT-2's tokens and merges, no tensors). Tokens that are not whole words
by themselves never win, so a generation always runs to max_tokens and every event carries text."""
import json
import os
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NORMAL, CONTROL = 1, 3


def vocabulary(path):
    fields = GGUFReader(path).fields
    tokens = list(fields["tokenizer.ggml.tokens"].contents()) + ["<|im_start|>", "<|im_end|>"]
    kinds = [NORMAL] * (len(tokens) - 2) + [CONTROL, CONTROL]
    kinds[tokens.index("<|endoftext|>")] = CONTROL
    while len(tokens) % 32:
        tokens.append(f"<|pad{len(tokens)}|>")
        kinds.append(CONTROL)
    return tokens, kinds, fields["tokenizer.ggml.merges"].contents()


def write_tokenizer(folder, tokens, kinds, merges):
    os.makedirs(folder, exist_ok=True)
    pairs = [tuple(merge.split(" ", 1)) for merge in merges]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t, k in zip(tokens, kinds) if k == CONTROL])
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    special = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
               "unk_token": "<|endoftext|>"}
    with open(os.path.join(folder, "special_tokens_map.json"), "w") as out:
        json.dump(special, out)
    with open(os.path.join(folder, "tokenizer_config.json"), "w") as out:
        json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 2048,
                   "chat_template": TEMPLATE, **special}, out)


def is_word(token):
    """GPT-2 writes bytes as characters; 'Ġ' is a space."""
    text = token.replace("Ġ", " ")
    return text.isascii() and text.isprintable() and text.strip().isalpha()


def write_model(path, tokens, kinds, merges, layers=4, width=128, heads=4, kv_heads=2, inner=384, context=2048):
    rng = np.random.default_rng(7)
    end = tokens.index("<|endoftext|>")
    out = GGUFWriter(path, "llama")
    out.add_name(os.path.basename(path).removesuffix(".gguf"))
    out.add_context_length(context)
    out.add_embedding_length(width)
    out.add_block_count(layers)
    out.add_feed_forward_length(inner)
    out.add_head_count(heads)
    out.add_head_count_kv(kv_heads)
    out.add_rope_dimension_count(width // heads)
    out.add_rope_freq_base(10000.0)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_vocab_size(len(tokens))
    out.add_file_type(1)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list(tokens)
    out.add_token_types(kinds)
    out.add_token_merges(merges)
    out.add_bos_token_id(end)
    out.add_eos_token_id(tokens.index("<|im_end|>"))
    out.add_eot_token_id(tokens.index("<|im_end|>"))
    out.add_pad_token_id(end)
    out.add_add_bos_token(False)
    out.add_chat_template(TEMPLATE)

    def random(name, rows, columns, deviation):
        values = rng.standard_normal((rows, columns), dtype=np.float32) * deviation
        if name == "output.weight":
            values[[not (k == NORMAL and is_word(t)) for t, k in zip(tokens, kinds)]] = 0.0
        kind = GGMLQuantizationType.F16
        out.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    def ones(name):
        out.add_tensor(name, np.ones(width, np.float32))

    kv_width = width // heads * kv_heads
    random("token_embd.weight", len(tokens), width, 1.0)
    ones("output_norm.weight")
    random("output.weight", len(tokens), width, 0.5)
    for layer in range(layers):
        block = f"blk.{layer}."
        ones(block + "attn_norm.weight")
        ones(block + "ffn_norm.weight")
        random(block + "attn_q.weight", width, width, width**-0.5)
        random(block + "attn_k.weight", kv_width, width, width**-0.5)
        random(block + "attn_v.weight", kv_width, width, width**-0.5)
        random(block + "attn_output.weight", width, width, width**-0.5)
        random(block + "ffn_gate.weight", inner, width, width**-0.5)
        random(block + "ffn_up.weight", inner, width, width**-0.5)
        random(block + "ffn_down.weight", width, inner, inner**-0.5)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main():
    source, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    tokens, kinds, merges = vocabulary(source)
    write_tokenizer(os.path.join(folder, "tokenizer"), tokens, kinds, merges)
    write_model(os.path.join(folder, "rand-tiny-llama.gguf"), tokens, kinds, merges)


main()
