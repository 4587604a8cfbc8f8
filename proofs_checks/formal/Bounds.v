(* Bounds on closed expressions of rational numbers, exp and ln, for counter-examples.

   [bounds] is the tactic [interval] on floating-point numbers that are pairs of whole numbers: it computes in
   Coq alone, and rests on no axioms of the processor's arithmetic, unlike [interval] as it comes. *)

From Coq Require Import PArith.
From Interval Require Import Specific_ops Specific_stdz Tactic.

Module Floats := SpecificFloat StdZRadix2.
Module Computed := IntervalTactic Floats.
Import Computed.

Ltac bounds := interval with (i_prec 40%positive).
