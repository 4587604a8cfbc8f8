(* LF4: rejection sampling accepts within [(M - 1/2) ln (1/delta)] draws, and then exactly.

   For every finite list of responses, laws [mu] and [nu] with [nu <= M mu], [M > 1], and number [N] of draws
   from [mu], accepted one by one with chance [(nu/mu)/M]: none is accepted with probability [(1 - 1/M)^N], at
   most [delta] if [N >= (M - 1/2) ln (1/delta)], and the first accepted has law [nu]. *)

From Coq Require Import Reals Lra List PeanoNat.
From ExploreTheory Require Import Sums Laws Searches Numbers.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

Section Statement.
Context {A : Type}.
Implicit Types (Y : list A) (mu nu : A -> R).

(* [nu <= M mu]: a response without mass under [mu] has none under [nu]. *)
Definition ratio_below Y mu nu (M : R) : Prop := forall y, In y Y -> nu y <= M * mu y.

(* [(nu/mu)/M]; of responses that are never drawn it does not matter. *)
Definition chance mu nu (M : R) : A -> R := fun y => nu y / mu y / M.

(* The process of [N] draws at most; see [Searches.v]. *)
Definition drawn Y mu nu (M : R) (N : nat) (u : outcome A -> R) : R := search Y mu (chance mu nu M) N N 0 u.

End Statement.

(** * The number of draws *)

(* [ln (1 + z) - ln (1 - z) - 2 z] has the slope [2 z^2/(1 - z^2)]. *)
Definition excess (z : R) : R := ln (1 + z) - ln (1 - z) - 2 * z.

Lemma excess_slope z : 0 <= z < 1 -> derivable_pt_lim excess z (2 * (z * z) / (1 - z * z)).
Proof.
  intros hz. replace (2 * (z * z) / (1 - z * z))
    with (/ (1 + z) * (0 + 1) - / (1 - z) * (0 - 1) - 2 * 1) by (field; split; [nra|split; lra]).
  apply (derivable_pt_lim_minus (fun z => ln (1 + z) - ln (1 - z)) (fun z => 2 * z)).
  - apply (derivable_pt_lim_minus (fun z => ln (1 + z)) (fun z => ln (1 - z))).
    + apply (derivable_pt_lim_comp (fun z => 1 + z) ln).
      * apply (derivable_pt_lim_plus (fun _ => 1) (fun z => z)); [apply derivable_pt_lim_const|apply derivable_pt_lim_id].
      * apply derivable_pt_lim_ln. lra.
    + apply (derivable_pt_lim_comp (fun z => 1 - z) ln).
      * apply (derivable_pt_lim_minus (fun _ => 1) (fun z => z)); [apply derivable_pt_lim_const|apply derivable_pt_lim_id].
      * apply derivable_pt_lim_ln. lra.
  - apply (derivable_pt_lim_scal (fun z => z)), derivable_pt_lim_id.
Qed.

Lemma excess_nonneg z : 0 <= z < 1 -> 0 <= excess z.
Proof.
  intros [[positive|<-] below]; [|unfold excess; rewrite Rplus_0_r, Rminus_0_r; lra].
  destruct (MVT_cor2 excess (fun z => 2 * (z * z) / (1 - z * z)) 0 z positive) as [t [value place]].
  - intros t ht. apply excess_slope. lra.
  - assert (start : excess 0 = 0) by (unfold excess; rewrite Rplus_0_r, Rminus_0_r; lra).
    assert (0 <= 2 * (t * t) / (1 - t * t)).
    { apply Rmult_le_pos; [nra|]. left. apply Rinv_0_lt_compat. nra. }
    nra.
Qed.

(* With [z = 1/(2M - 1)]: [-ln (1 - 1/M) >= 1/(M - 1/2)]. *)
Lemma exponent M : 1 < M -> 1 / (M - 1 / 2) <= - ln (1 - 1 / M).
Proof.
  intros hM. assert (hz : 0 <= / (2 * M - 1) < 1).
  { split; [left; apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. }
  pose proof (excess_nonneg _ hz) as H. unfold excess in H.
  replace (1 + / (2 * M - 1)) with (2 * M * / (2 * M - 1)) in H by (field; lra).
  replace (1 - / (2 * M - 1)) with (2 * (M - 1) * / (2 * M - 1)) in H by (field; lra).
  assert (0 < / (2 * M - 1)) by (apply Rinv_0_lt_compat; lra).
  rewrite !ln_mult in H by lra.
  replace (1 - 1 / M) with ((M - 1) / M) by (field; lra). rewrite ln_quotient by lra.
  replace (1 / (M - 1 / 2)) with (2 * / (2 * M - 1)) by (field; lra). lra.
Qed.

Lemma enough M delta N : 1 < M -> 0 < delta -> (M - 1 / 2) * ln (1 / delta) <= INR N ->
  (1 - 1 / M) ^ N <= delta.
Proof.
  intros hM hdelta hN. assert (inside : 0 < 1 - 1 / M).
  { replace (1 - 1 / M) with ((M - 1) / M) by (field; lra). apply Rdiv_lt_0_compat; lra. }
  assert (positive : 0 < (1 - 1 / M) ^ N) by (apply pow_lt; exact inside).
  assert (logs : ln ((1 - 1 / M) ^ N) <= ln delta).
  { rewrite ln_pow by exact inside.
    unfold Rdiv in hN at 2. rewrite Rmult_1_l, ln_Rinv in hN by exact hdelta.
    pose proof (exponent M hM) as e. pose proof (pos_INR N) as pN.
    apply (Rmult_le_compat_l (INR N)) in e; [|exact pN].
    assert (INR N * (1 / (M - 1 / 2)) >= - ln delta); [|lra].
    apply Rle_ge. apply (Rmult_le_reg_r (M - 1 / 2)); [lra|].
    replace (INR N * (1 / (M - 1 / 2)) * (M - 1 / 2)) with (INR N) by (field; lra). lra. }
  destruct logs as [less|same]; [left; apply ln_lt_inv; assumption|right; apply ln_inv; assumption].
Qed.

(** * The theorem *)

Section Proof.
Context {A : Type}.
Variables (Y : list A) (mu nu : A -> R) (M : R).
Hypothesis hmu : is_law Y mu.
Hypothesis hnu : is_law Y nu.
Hypothesis hM : 1 < M.
Hypothesis below : ratio_below Y mu nu M.

Lemma weighted y : In y Y -> mu y * chance mu nu M y = nu y / M.
Proof.
  intros there. unfold chance. destruct (proj1 hmu y there) as [some|none]; [field; lra|].
  assert (nu y = 0) as ->.
  { pose proof (below y there) as H. rewrite <- none, Rmult_0_r in H. pose proof (proj1 hnu y there). lra. }
  unfold Rdiv. ring.
Qed.

Lemma acceptance : mean Y mu (chance mu nu M) = 1 / M.
Proof.
  unfold mean. rewrite (sum_ext Y _ (fun y => nu y * / M)) by (intros; apply weighted; assumption).
  rewrite sum_scale_right, (proj2 hnu). reflexivity.
Qed.

End Proof.

Theorem rejection_sampling {A} (Y : list A) (mu nu : A -> R) (M : R) (N : nat) :
  is_law Y mu -> is_law Y nu -> 1 < M -> ratio_below Y mu nu M ->
  drawn Y mu nu M N nothing = (1 - 1 / M) ^ N
  /\ (forall delta, 0 < delta -> (M - 1 / 2) * ln (1 / delta) <= INR N -> drawn Y mu nu M N nothing <= delta)
  /\ (forall v, drawn Y mu nu M N (of_response v)
        = mean Y nu v * drawn Y mu nu M N (of_response (fun _ => 1))).
Proof.
  intros hmu hnu hM below.
  assert (none : drawn Y mu nu M N nothing = (1 - 1 / M) ^ N).
  { unfold drawn. rewrite nothing_found by apply hmu. rewrite acceptance, Nat.min_id by assumption. reflexivity. }
  split; [exact none|split].
  - intros delta hdelta hN. rewrite none. apply enough; assumption.
  - intros v. pose proof (accepted_law Y mu (chance mu nu M) (proj2 hmu) N N v) as H.
    fold (drawn Y mu nu M N (of_response v)) (drawn Y mu nu M N (of_response (fun _ => 1))) in H.
    rewrite acceptance in H by assumption.
    assert (mean Y mu (fun y => chance mu nu M y * v y) = 1 / M * mean Y nu v) as E.
    { unfold mean. rewrite <- sum_scale. apply sum_ext. intros y there.
      rewrite <- Rmult_assoc, (weighted Y mu nu M) by assumption. field. lra. }
    rewrite E in H. apply (Rmult_eq_reg_l (1 / M)); [rewrite H; ring|].
    apply Rgt_not_eq, Rdiv_lt_0_compat; lra.
Qed.

(** * False variants *)

(* [M = 2]: the chance of no acceptance is [2^-N], and [ln 2 < 1/1.4]. *)
Theorem six_tenths_of_a_draw_less_is_false :
  ~ (forall M, 1 < M -> 1 / (M - 6 / 10) <= - ln (1 - 1 / M)).
Proof.
  intros H. specialize (H 2 ltac:(lra)). replace (1 - 1 / 2) with (/ 2) in H by lra.
  rewrite ln_Rinv in H by lra. pose proof ln_2_below. lra.
Qed.

(* [delta = 1/8], [M = 2], [N = 4 >= 1.5 ln 8]: a chance of 1/16, above 1/64. *)
Theorem twice_the_acceptance_is_false : ~ (forall M delta N, 1 < M -> 0 < delta ->
  (M - 1 / 2) * ln (1 / delta) <= INR N -> (1 - 1 / M) ^ N <= delta * delta).
Proof.
  intros H. specialize (H 2 (1 / 8) 4%nat ltac:(lra) ltac:(lra)).
  assert (few : (2 - 1 / 2) * ln (1 / (1 / 8)) <= INR 4).
  { replace (1 / (1 / 8)) with (2 ^ 3) by (simpl; field). rewrite ln_pow by lra. pose proof ln_2_below.
    simpl. lra. }
  specialize (H few). simpl in H. lra.
Qed.
