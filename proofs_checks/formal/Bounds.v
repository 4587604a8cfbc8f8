(* Bounds on closed expressions of rational numbers, exp and ln, for counter-examples.

   [interval] computes with the processor's numbers, and so rests on axioms about them besides those of the
   reals; no theorem that a claim states does. *)

From Interval Require Import Tactic.

Ltac bounds := interval.
