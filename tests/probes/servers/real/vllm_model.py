#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small llama of random weights in Hugging Face's form, with a tokenizer: vllm_model.py FOLDER

The vocabulary has 12288 tokens because `vllm bench` draws token numbers up to 10000."""
import glob
import json
import os
import sys

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

LAYERS, WIDTH, VOCABULARY = 4, 256, 12288
BEGIN, END = "<|begin|>", "<|end|>"
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w") as out:
        json.dump(value, out, indent=1)


def write_tokenizer(folder):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    text = glob.glob("/usr/share/common-licenses/*") + glob.glob("/usr/lib/python3/dist-packages/**/*.py", recursive=True)
    text += glob.glob(os.path.dirname(os.__file__) + "/*.py")
    tokenizer.train(
        [path for path in text if os.path.isfile(path)],
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=[BEGIN, END, "<|user|>", "<|assistant|>", "<|system|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    write_json(folder, "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": BEGIN, "eos_token": END, "pad_token": END,
        "model_max_length": 4096, "clean_up_tokenization_spaces": False, "chat_template": TEMPLATE})


def write_weights(folder):
    torch.manual_seed(0)
    heads, kv_heads = WIDTH // 64, max(1, WIDTH // 128)

    def random(rows, columns):
        return (torch.randn(rows, columns) * 0.05).to(torch.bfloat16)

    def ones():
        return torch.ones(WIDTH, dtype=torch.bfloat16)

    weights = {"model.embed_tokens.weight": random(VOCABULARY, WIDTH), "lm_head.weight": random(VOCABULARY, WIDTH),
               "model.norm.weight": ones()}
    for layer in range(LAYERS):
        p = f"model.layers.{layer}."
        weights |= {
            p + "self_attn.q_proj.weight": random(WIDTH, WIDTH), p + "self_attn.o_proj.weight": random(WIDTH, WIDTH),
            p + "self_attn.k_proj.weight": random(kv_heads * 64, WIDTH),
            p + "self_attn.v_proj.weight": random(kv_heads * 64, WIDTH),
            p + "mlp.gate_proj.weight": random(2 * WIDTH, WIDTH), p + "mlp.up_proj.weight": random(2 * WIDTH, WIDTH),
            p + "mlp.down_proj.weight": random(WIDTH, 2 * WIDTH),
            p + "input_layernorm.weight": ones(), p + "post_attention_layernorm.weight": ones()}
    save_file(weights, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    write_json(folder, "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": heads,
        "num_key_value_heads": kv_heads, "head_dim": 64, "vocab_size": VOCABULARY, "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False,
        "attention_bias": False, "mlp_bias": False, "bos_token_id": 0, "eos_token_id": 1, "dtype": "bfloat16"})
    write_json(folder, "generation_config.json", {"bos_token_id": 0, "eos_token_id": 1})


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    write_tokenizer(folder)
    write_weights(folder)


main()
