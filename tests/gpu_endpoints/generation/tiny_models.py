"""Very small, randomly initialised models, stored as the libraries store the released ones."""

from __future__ import annotations

from pathlib import Path

RATE = 8000


def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["bass", "drums", "synth", "pop", "rock", "dark", "bright", "bpm", "C", "major", "minor", "only"]
    vocabulary = {"<pad>": 0, "</s>": 1, "<unk>": 2} | {word: n + 3 for n, word in enumerate(words)}
    small = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    small.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=small, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=32
    )


def musicgen(folder: Path, *, melody: bool) -> Path:
    """A MusicGen of a few thousand weights at 8 kHz, 25 frames a second, with a window of eight seconds."""
    import torch
    import transformers as t

    torch.manual_seed(0)
    text = t.T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    codec = t.EncodecConfig(
        sampling_rate=RATE,
        audio_channels=1,
        num_filters=4,
        hidden_size=16,
        num_residual_layers=1,
        upsampling_ratios=[8, 8, 5],
        codebook_size=32,
        codebook_dim=16,
        num_lstm_layers=1,
        target_bandwidths=[1.0],
    )
    family = "MusicgenMelody" if melody else "Musicgen"
    decoder = getattr(t, f"{family}DecoderConfig")(
        vocab_size=32,
        max_position_embeddings=208,
        num_hidden_layers=2,
        ffn_dim=32,
        num_attention_heads=2,
        hidden_size=16,
        num_codebooks=codec.num_quantizers,
        initializer_factor=0.6,
        pad_token_id=None,
        bos_token_id=None,
    )
    extra = {"num_chroma": 12, "chroma_length": 16} if melody else {}
    config = getattr(t, f"{family}Config")(
        text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict(), **extra
    )
    model = getattr(t, f"{family}ForConditionalGeneration")(config)
    for layer in model.audio_encoder.quantizer.layers:  # they begin as zeros, which all sound the same
        layer.codebook.embed.normal_()
    for name in ("decoder_start_token_id", "pad_token_id", "bos_token_id"):
        setattr(model.generation_config, name, 32)
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def stable_audio(folder: Path) -> Path:
    """A Stable Audio pipeline of a few thousand weights at 44.1 kHz, with a window of seven seconds."""
    import torch
    from diffusers.models import AutoencoderOobleck, StableAudioDiTModel
    from diffusers.pipelines.stable_audio.modeling_stable_audio import StableAudioProjectionModel
    from diffusers.pipelines.stable_audio.pipeline_stable_audio import StableAudioPipeline
    from diffusers.schedulers import CosineDPMSolverMultistepScheduler
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(0)
    StableAudioPipeline(
        vae=AutoencoderOobleck(
            encoder_hidden_size=8,
            downsampling_ratios=[8, 8, 16],
            channel_multiples=[1, 1, 1],
            decoder_channels=8,
            decoder_input_channels=8,
            audio_channels=2,
            sampling_rate=44100,
        ),
        text_encoder=T5EncoderModel(T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)),
        projection_model=StableAudioProjectionModel(
            text_encoder_dim=16, conditioning_dim=16, min_value=0, max_value=64
        ),
        tokenizer=tokenizer(),
        transformer=StableAudioDiTModel(
            sample_size=300,
            in_channels=8,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            num_key_value_attention_heads=2,
            out_channels=8,
            cross_attention_dim=16,
            time_proj_dim=16,
            global_states_input_dim=32,
            cross_attention_input_dim=16,
        ),
        scheduler=CosineDPMSolverMultistepScheduler(
            solver_order=2, prediction_type="v_prediction", sigma_data=1.0, sigma_schedule="exponential"
        ),
    ).save_pretrained(folder)
    return folder
