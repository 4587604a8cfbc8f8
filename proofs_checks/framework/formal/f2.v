(* F2: 1 <= C_cov <= exp(R/beta), for every number of prompts and responses.

   Coverage is the supremum of pi_star/pi_ref over the prompts of positive mass and the support of the base policy
   there; base masses may be zero, and rewards differ by at most R where it has mass. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {X A : Type}.
Variables (prompts : list X) (rho : X -> R) (Y : list A) (base r : X -> A -> R) (beta : R).

(* What counts: prompts that are met, responses that the base policy gives. *)
Definition supported (x : X) (y : A) : Prop := In x prompts /\ 0 < rho x /\ In y Y /\ 0 < base x y.

Definition ratio (x : X) (y : A) : R := optimal Y (base x) (r x) beta y / base x y.

Definition ratios (c : R) : Prop := exists x y, supported x y /\ c = ratio x y.

(* C is the supremum of the ratios. *)
Definition is_coverage (C : R) : Prop := is_lub ratios C.

(* Rewards of one prompt differ by at most [range]. *)
Definition in_range (range : R) : Prop :=
  forall x y y', supported x y -> supported x y' -> r x y - r x y' <= range.

End Definitions.

(* --- each side --------------------------------------------------------------------------------------- *)

Section Proof.
Context {X A : Type}.
Variables (prompts : list X) (rho : X -> R) (Y : list A) (base r : X -> A -> R) (beta range : R).
Hypothesis temperature : 0 < beta.
Hypothesis prompt_law : is_law prompts rho.
Hypothesis bases : forall x, In x prompts -> is_law Y (base x).
Hypothesis ranges : in_range prompts rho Y base r range.

Let there x y := supported prompts rho Y base x y.
Let Z x := partition Y (base x) (r x) beta.

Lemma normaliser_pos x y : there x y -> 0 < Z x.
Proof. intros (ix & _). apply partition_pos, bases, ix. Qed.

Lemma ratio_is x y : there x y -> ratio Y base r beta x y = exp (r x y / beta) / Z x.
Proof.
  intros s. pose proof (normaliser_pos x y s). destruct s as (_ & _ & _ & positive).
  unfold ratio, optimal. fold (Z x). field; split; lra.
Qed.

(* Some prompt is met, and there the best response of the support is at least as likely as under pi_ref. *)
Lemma somewhere_at_least_one : exists x y, there x y /\ 1 <= ratio Y base r beta x y.
Proof.
  destruct (sum_pos_inv prompts rho) as [x [ix met]]; [rewrite (proj2 prompt_law); lra|].
  pose proof (bases x ix) as law.
  (* Were all ratios below one, pi_star would have less mass than pi_ref. *)
  assert (Zpos : 0 < Z x) by (apply partition_pos, law).
  destruct (sum_pos_inv Y (base x)) as [y0 [iy0 positive]]; [rewrite (proj2 law); lra|].
  assert (search : (exists y, there x y /\ 1 <= ratio Y base r beta x y) \/
                   forall y, there x y -> ratio Y base r beta x y < 1).
  { assert (any : forall l, incl l Y ->
      (exists y, there x y /\ 1 <= ratio Y base r beta x y) \/
      (forall y, In y l -> there x y -> ratio Y base r beta x y < 1)).
    { induction l as [|y l IH]; intros part; [right; intros y []|].
      destruct IH as [found|below]; [intros z iz; apply part; right; exact iz|left; exact found|].
      destruct (Rlt_le_dec 0 (base x y)) as [here|not].
      - destruct (Rlt_le_dec (ratio Y base r beta x y) 1) as [less|more].
        + right; intros z [<-|iz] s; [exact less|apply below; assumption].
        + left; exists y; repeat split; try assumption. apply part; left; reflexivity.
      - right; intros z [<-|iz] s; [destruct s as (_ & _ & _ & s); lra|apply below; assumption]. }
    destruct (any Y (fun y iy => iy)) as [found|below]; [left; exact found|right].
    intros y s; apply below; [apply s|exact s]. }
  destruct search as [[y [s one]]|below]; [exists x, y; split; assumption|exfalso].
  assert (less : sum Y (optimal Y (base x) (r x) beta) < sum Y (base x)).
  { assert (each : forall y, In y Y -> 0 < base x y -> optimal Y (base x) (r x) beta y < base x y).
    { intros y iy here.
      assert (s : there x y) by (repeat split; assumption).
      specialize (below y s). unfold ratio in below.
      apply (Rmult_lt_compat_r (base x y)) in below; [|exact here].
      unfold Rdiv in below; rewrite Rmult_assoc, Rinv_l in below; lra. }
    apply (sum_lt _ _ _ y0); [|exact iy0|apply each; assumption].
    intros y iy. destruct (proj1 law y iy) as [here|zero]; [apply Rlt_le, each; assumption|].
    apply Req_le. rewrite <- zero. apply optimal_zero; [exact law|symmetry; exact zero]. }
  rewrite (proj2 (optimal_law Y (base x) (r x) beta law)), (proj2 law) in less. lra.
Qed.

(* The normaliser averages exp(r/beta), of which none is less than exp((r x y - R)/beta). *)
Lemma normaliser_at_least x y : there x y -> exp (r x y / beta) / exp (range / beta) <= Z x.
Proof.
  intros s. pose proof s as (ix & met & _). pose proof (bases x ix) as law.
  set (least := exp (r x y / beta) / exp (range / beta)).
  replace least with (mean Y (base x) (fun _ => least)).
  - apply sum_le; intros y' iy'.
    destruct (proj1 law y' iy') as [here|<-]; [|rewrite !Rmult_0_l; lra].
    apply Rmult_le_compat_l; [lra|].
    assert (s' : there x y') by (repeat split; assumption).
    pose proof (ranges x y y' s s').
    assert (step : r x y * / beta + - (range * / beta) <= r x y' * / beta).
    { replace (r x y * / beta + - (range * / beta)) with ((r x y - range) * / beta) by ring.
      apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, temperature|lra]. }
    unfold least, Rdiv. rewrite <- exp_Ropp, <- exp_plus.
    destruct step as [less|<-]; [apply Rlt_le, exp_increasing, less|right; reflexivity].
  - unfold mean. rewrite sum_scale_right, (proj2 law). ring.
Qed.

Lemma ratio_at_most x y : there x y -> ratio Y base r beta x y <= exp (range / beta).
Proof.
  intros s. rewrite ratio_is by exact s.
  pose proof (normaliser_pos x y s). pose proof (normaliser_at_least x y s) as least.
  pose proof (exp_pos (range / beta)).
  apply (Rmult_le_compat_r (exp (range / beta))) in least; [|lra].
  unfold Rdiv in least at 1; rewrite Rmult_assoc, Rinv_l, Rmult_1_r in least by lra.
  apply (Rmult_le_reg_r (Z x)); [assumption|].
  unfold Rdiv at 1; rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

(* There is a coverage, and every one of them (they are equal) lies between one and exp(R/beta). *)
Theorem f2 {X A : Type} (prompts : list X) (rho : X -> R) (Y : list A) (base r : X -> A -> R) (beta range : R) :
  0 < beta -> is_law prompts rho -> (forall x, In x prompts -> is_law Y (base x)) ->
  in_range prompts rho Y base r range ->
  (exists C, is_coverage prompts rho Y base r beta C) /\
  (forall C, is_coverage prompts rho Y base r beta C -> 1 <= C <= exp (range / beta)).
Proof.
  intros temperature prompt_law bases ranges.
  destruct (somewhere_at_least_one prompts rho Y base r beta prompt_law bases) as [x [y [s one]]].
  assert (above : is_upper_bound (ratios prompts rho Y base r beta) (exp (range / beta))).
  { intros c [x' [y' [s' ->]]]. eapply ratio_at_most; eassumption. }
  split.
  - destruct (completeness (ratios prompts rho Y base r beta)) as [C lub].
    + exists (exp (range / beta)); exact above.
    + exists (ratio Y base r beta x y), x, y; split; [exact s|reflexivity].
    + exists C; exact lub.
  - intros C [upper least]; split; [|apply least, above].
    apply (Rle_trans _ (ratio Y base r beta x y)); [exact one|].
    apply upper. exists x, y; split; [exact s|reflexivity].
Qed.

(* --- false variants, on one prompt with two responses ------------------------------------------------ *)

From ExploreTheory Require Import Bounds.

Definition always (at_most : R -> R -> R) : Prop :=
  forall (prompts : list nat) rho (Y : list nat) base r beta range C,
  0 < beta -> is_law prompts rho -> (forall x, In x prompts -> is_law Y (base x)) ->
  in_range prompts rho Y base r range -> is_coverage prompts rho Y base r beta C -> C <= at_most range beta.

Definition rare (x : nat) := table [1 / 100; 99 / 100].
Definition reward (x : nat) := table [1; 0].

Ltac numbers := cbv [ratio rare reward]; expand.

Lemma refuted_by_example at_most :
  at_most 1 (1 / 4) < ratio [0; 1]%nat rare reward (1 / 4) 0%nat 0%nat -> ~ always at_most.
Proof.
  intros less says.
  assert (one : is_law [0%nat] (table [1])) by law_of_numbers.
  assert (law : forall x, In x [0%nat] -> is_law [0; 1]%nat (rare x)).
  { intros x [<-|[]]; cbv [rare]; law_of_numbers. }
  assert (range : in_range [0%nat] (table [1]) [0; 1]%nat rare reward 1).
  { intros x y y' (_ & _ & [<-|[<-|[]]] & _) (_ & _ & [<-|[<-|[]]] & _); cbv [reward table nth]; lra. }
  destruct (f2 [0%nat] (table [1]) [0; 1]%nat rare reward (1 / 4) 1) as [[C lub] _]; try assumption; [lra|].
  assert (C <= at_most 1 (1 / 4)) by (eapply says; try eassumption; lra).
  enough (ratio [0; 1]%nat rare reward (1 / 4) 0%nat 0%nat <= C) by lra.
  apply lub. exists 0%nat, 0%nat. split; [|reflexivity].
  cbv [supported rare table nth]. repeat split; try lra; left; reflexivity.
Qed.

(* exp(R/(2 beta)). *)
Theorem not_half_exponent : ~ always (fun range beta => exp (range / (2 * beta))).
Proof. apply refuted_by_example. numbers. bounds. Qed.

(* Half the range: the distance of a reward from the middle of its prompt's. *)
Theorem not_half_range : ~ always (fun range beta => exp (range / 2 / beta)).
Proof. apply refuted_by_example. numbers. bounds. Qed.
