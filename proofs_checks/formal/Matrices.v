(* Positive definite matrices over the reals by elimination: determinants, norms in the inverse, growth by
   rank one.

   A vector is a function of an index, a matrix one of two; of dimension [d] the indices below [d] count. The
   determinant is the product of the pivots of Gaussian elimination: for the symmetric positive definite matrices
   here that is the determinant, and a definition. [square d A v] is what elimination makes of [v^T A^{-1} v];
   that it is this number is a theorem ([square_by_solution], [square_by_inverse]), and inverses exist
   ([inverse_exists]). *)

From Coq Require Import Reals Lra Lia Arith FunctionalExtensionality.
Open Scope R_scope.

(** * Definitions *)

Definition vector := nat -> R.
Definition matrix := nat -> nat -> R.

(* [f 0 + ... + f (n - 1)] *)
Fixpoint sum_below (n : nat) (f : nat -> R) : R :=
  match n with O => 0 | S m => f O + sum_below m (fun i => f (S i)) end.

Definition dot (d : nat) (u v : vector) : R := sum_below d (fun i => u i * v i).
Definition times (d : nat) (A : matrix) (v : vector) : vector := fun i => sum_below d (fun j => A i j * v j).
Definition trace (d : nat) (A : matrix) : R := sum_below d (fun i => A i i).
Definition identity : matrix := fun i j => if Nat.eqb i j then 1 else 0.
Definition symmetric (A : matrix) : Prop := forall i j, A i j = A j i.
(* [W] is a right inverse of [A] in dimension [d]. *)
Definition inverse (d : nat) (A W : matrix) : Prop :=
  forall i j, (i < d)%nat -> (j < d)%nat -> sum_below d (fun k => A i k * W k j) = identity i j.

(* [A + c v v^T] *)
Definition grown (A : matrix) (c : R) (v : vector) : matrix := fun i j => A i j + c * (v i * v j).

(* What one step of elimination leaves of a matrix, and of a right-hand side. *)
Definition schur (A : matrix) : matrix := fun i j => A (S i) (S j) - A (S i) O * A O (S j) / A O O.
Definition reduced (A : matrix) (v : vector) : vector := fun i => v (S i) - A (S i) O * v O / A O O.

(* All pivots are positive: for symmetric matrices, positive definite. *)
Fixpoint positive (d : nat) (A : matrix) : Prop :=
  match d with O => True | S m => 0 < A O O /\ positive m (schur A) end.

Fixpoint det (d : nat) (A : matrix) : R :=
  match d with O => 1 | S m => A O O * det m (schur A) end.

(* [v^T A^{-1} v] *)
Fixpoint square (d : nat) (A : matrix) (v : vector) : R :=
  match d with O => 0 | S m => v O * v O / A O O + square m (schur A) (reduced A v) end.

(** * Sums *)

Lemma sum_below_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum_below n f = sum_below n g.
Proof.
  revert f g; induction n as [|n IH]; intros f g H; simpl; [reflexivity|].
  rewrite (H O) by lia. f_equal. apply IH. intros i Hi. apply H. lia.
Qed.

Lemma sum_below_last n f : sum_below (S n) f = sum_below n f + f n.
Proof.
  revert f; induction n as [|n IH]; intros f; [simpl; ring|].
  change (sum_below (S (S n)) f) with (f O + sum_below (S n) (fun i => f (S i))). rewrite IH. simpl. ring.
Qed.

Lemma sum_below_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> sum_below n f <= sum_below n g.
Proof.
  revert f g; induction n as [|n IH]; intros f g H; simpl; [lra|].
  apply Rplus_le_compat; [apply H; lia|]. apply IH. intros i Hi. apply H. lia.
Qed.

Lemma sum_below_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum_below n f.
Proof.
  revert f; induction n as [|n IH]; intros f H; simpl; [lra|].
  apply Rplus_le_le_0_compat; [apply H; lia|]. apply IH. intros i Hi. apply H. lia.
Qed.

Lemma sum_below_plus n f g : sum_below n (fun i => f i + g i) = sum_below n f + sum_below n g.
Proof. revert f g; induction n as [|n IH]; intros f g; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma sum_below_scale n c f : sum_below n (fun i => c * f i) = c * sum_below n f.
Proof. revert f; induction n as [|n IH]; intros f; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma sum_below_constant n c : sum_below n (fun _ => c) = INR n * c.
Proof. induction n as [|n IH]; [simpl; ring|]. rewrite sum_below_last, IH, S_INR. ring. Qed.

Lemma sum_below_zero n f : (forall i, (i < n)%nat -> f i = 0) -> sum_below n f = 0.
Proof. intros H. rewrite (sum_below_ext n f (fun _ => 0) H), sum_below_constant. ring. Qed.

Lemma sum_below_swap n m f : sum_below n (fun i => sum_below m (fun j => f i j)) = sum_below m (fun j => sum_below n (fun i => f i j)).
Proof.
  revert f; induction n as [|n IH]; intros f; simpl; [symmetry; apply sum_below_zero; reflexivity|].
  rewrite IH, <- sum_below_plus. reflexivity.
Qed.

(** * The square is the one in the inverse *)

(* One step of elimination on [A u = v] leaves [schur A] times the rest of [u]. *)
Lemma schur_step d A u i : A O O <> 0 ->
  times d (schur A) (fun k => u (S k)) i
  = times (S d) A u (S i) - A (S i) O * times (S d) A u O / A O O.
Proof.
  intros H. unfold times, schur. simpl.
  rewrite (sum_below_ext d (fun j => (A (S i) (S j) - A (S i) O * A O (S j) / A O O) * u (S j))
             (fun j => A (S i) (S j) * u (S j) + (- (A (S i) O / A O O)) * (A O (S j) * u (S j))))
    by (intros; field; assumption).
  rewrite sum_below_plus, sum_below_scale. field. assumption.
Qed.

Theorem square_by_solution d A u v : symmetric A -> positive d A ->
  (forall i, (i < d)%nat -> times d A u i = v i) -> square d A v = dot d u v.
Proof.
  revert A u v; induction d as [|d IH]; intros A u v Hs Hp Hu; [reflexivity|].
  destruct Hp as [Ha Hp]. assert (Hz : A O O <> 0) by lra.
  simpl square.
  rewrite (IH (schur A) (fun i => u (S i)) (reduced A v)).
  - unfold dot, reduced. simpl.
    rewrite (sum_below_ext d (fun i => u (S i) * (v (S i) - A (S i) O * v O / A O O))
               (fun i => u (S i) * v (S i) + (- (v O / A O O)) * (A O (S i) * u (S i))))
      by (intros i Hi; rewrite (Hs (S i) O); field; assumption).
    rewrite sum_below_plus, sum_below_scale.
    assert (H0 := Hu O ltac:(lia)). unfold times in H0. simpl in H0.
    replace (sum_below d (fun i => A O (S i) * u (S i))) with (v O - A O O * u O) by lra.
    field. assumption.
  - intros i j. unfold schur. rewrite (Hs (S i) (S j)), (Hs (S i) O), (Hs (S j) O). field. assumption.
  - assumption.
  - intros i Hi. rewrite schur_step by assumption. unfold reduced.
    rewrite (Hu (S i)), (Hu O) by lia. reflexivity.
Qed.

Theorem square_by_inverse d A W v : symmetric A -> positive d A -> inverse d A W ->
  dot d v (times d W v) = square d A v.
Proof.
  intros Hs Hp Hw. rewrite (square_by_solution d A (times d W v) v Hs Hp).
  - apply sum_below_ext. intros. ring.
  - intros i Hi. unfold times.
    rewrite (sum_below_ext d _ (fun j => sum_below d (fun k => A i j * (W j k * v k))))
      by (intros; rewrite <- sum_below_scale; reflexivity).
    rewrite sum_below_swap.
    rewrite (sum_below_ext d _ (fun k => identity i k * v k)).
    + clear -Hi. revert i v Hi; induction d as [|d IH]; intros i v Hi; [lia|]. simpl.
      destruct i as [|i]; unfold identity in *; simpl.
      * rewrite sum_below_zero by (intros; ring). ring.
      * rewrite (IH i (fun k => v (S k)) ltac:(lia)). ring.
    + intros k Hk. rewrite <- (Hw i k Hi Hk).
      rewrite (Rmult_comm _ (v k)), <- sum_below_scale. apply sum_below_ext. intros. ring.
Qed.

(* Elimination also finds the solution, so inverses exist. *)
Lemma solvable d A v : positive d A -> exists u, forall i, (i < d)%nat -> times d A u i = v i.
Proof.
  revert A v; induction d as [|d IH]; intros A v Hp; [exists v; intros; lia|].
  destruct Hp as [Ha Hp]. assert (Hz : A O O <> 0) by lra.
  destruct (IH (schur A) (reduced A v) Hp) as [u Hu].
  set (w := fun i => match i with
    | O => (v O - sum_below d (fun j => A O (S j) * u j)) / A O O
    | S k => u k end).
  assert (H0 : times (S d) A w O = v O) by (unfold times; simpl; field; assumption).
  exists w. intros [|i] Hi; [exact H0|].
  assert (H := schur_step d A w i Hz). rewrite H0 in H.
  change (fun k => w (S k)) with u in H.
  rewrite (Hu i ltac:(lia)) in H. unfold reduced in H. lra.
Qed.

Theorem inverse_exists d A : positive d A -> exists W, inverse d A W.
Proof.
  intros Hp.
  assert (Hcolumns : forall n, exists W : matrix, forall i j, (i < d)%nat -> (j < n)%nat ->
    sum_below d (fun k => A i k * W k j) = identity i j).
  { induction n as [|n [W Hw]]; [exists identity; intros; lia|].
    destruct (solvable d A (fun i => identity i n) Hp) as [u Hu].
    exists (fun k j => if Nat.eqb j n then u k else W k j).
    intros i j Hi Hj. destruct (Nat.eqb_spec j n) as [->|Hn].
    - apply (Hu i Hi).
    - apply Hw; lia. }
  destruct (Hcolumns d) as [W Hw]. exists W. exact Hw.
Qed.

Lemma square_nonneg d A v : positive d A -> 0 <= square d A v.
Proof.
  revert A v; induction d as [|d IH]; intros A v Hp; simpl; [lra|]. destruct Hp as [Ha Hp].
  apply Rplus_le_le_0_compat; [|apply IH; assumption].
  apply Rmult_le_pos; [nra|]. left. apply Rinv_0_lt_compat. assumption.
Qed.

(** * Growth by rank one *)

Lemma schur_symmetric A : symmetric A -> symmetric (schur A).
Proof. intros Hs i j. unfold schur. rewrite (Hs (S i) (S j)), (Hs (S i) O), (Hs (S j) O). unfold Rdiv. ring. Qed.

Lemma grown_symmetric A c v : symmetric A -> symmetric (grown A c v).
Proof. intros Hs i j. unfold grown. rewrite (Hs i j). ring. Qed.

(* Elimination takes a growth by rank one to one of the rest. *)
Lemma schur_grown A c v : symmetric A -> 0 < A O O -> 0 <= c ->
  schur (grown A c v) = grown (schur A) (c / (1 + c * (v O * v O) / A O O)) (reduced A v).
Proof.
  intros Hs Ha Hc. extensionality i; extensionality j.
  assert (0 <= c * (v O * v O)) by nra.
  unfold schur, grown, reduced. rewrite (Hs (S j) O). field. split; nra.
Qed.

Lemma grown_weight a c x : 0 < a -> 0 <= c -> 0 <= c / (1 + c * (x * x) / a).
Proof.
  intros Ha Hc. assert (0 <= c * (x * x) / a).
  { apply Rmult_le_pos; [nra|]. left. apply Rinv_0_lt_compat. assumption. }
  apply Rmult_le_pos; [assumption|]. left. apply Rinv_0_lt_compat. lra.
Qed.

Lemma grown_positive d A c v : symmetric A -> positive d A -> 0 <= c -> positive d (grown A c v).
Proof.
  revert A c v; induction d as [|d IH]; intros A c v Hs Hp Hc; simpl; [exact I|].
  destruct Hp as [Ha Hp]. split; [unfold grown; nra|].
  rewrite schur_grown by assumption.
  apply IH; [apply schur_symmetric; assumption | assumption | apply grown_weight; assumption].
Qed.

(* The matrix determinant lemma. *)
Theorem det_grown d A c v : symmetric A -> positive d A -> 0 <= c ->
  det d (grown A c v) = det d A * (1 + c * square d A v).
Proof.
  revert A c v; induction d as [|d IH]; intros A c v Hs Hp Hc; simpl; [ring|].
  destruct Hp as [Ha Hp]. rewrite schur_grown by assumption.
  rewrite IH by (first [apply schur_symmetric; assumption | apply grown_weight; assumption | assumption]).
  assert (0 <= c * (v O * v O)) by nra.
  unfold grown. field. split; nra.
Qed.

Lemma det_positive d A : positive d A -> 0 < det d A.
Proof.
  revert A; induction d as [|d IH]; intros A Hp; simpl; [lra|]. destruct Hp as [Ha Hp].
  apply Rmult_lt_0_compat; [assumption|apply IH; assumption].
Qed.

(** * Determinant and trace *)

(* [ln x <= ln m + x/m - 1]: the tangent at [m]. *)
Lemma ln_tangent x m : 0 < x -> 0 < m -> ln x <= ln m + (x / m - 1).
Proof.
  intros Hx Hm. assert (Hq : 0 < x / m) by (apply Rdiv_lt_0_compat; assumption).
  replace x with (m * (x / m)) at 1 by (field; lra). rewrite ln_mult by assumption.
  apply Rplus_le_compat_l.
  destruct (Rle_lt_dec (ln (x / m)) (x / m - 1)) as [H|H]; [exact H|exfalso].
  assert (H1 := exp_ineq1_le (ln (x / m))). rewrite exp_ln in H1 by assumption. lra.
Qed.

(* Pivots are at most diagonal entries (Hadamard), and a geometric mean at most an arithmetic one. *)
Theorem ln_det_le d A m : symmetric A -> positive d A -> 0 < m ->
  ln (det d A) <= INR d * ln m + (trace d A / m - INR d).
Proof.
  revert A; induction d as [|d IH]; intros A Hs Hp Hm.
  - unfold trace. simpl. rewrite ln_1. unfold Rdiv. lra.
  - destruct Hp as [Ha Hp]. cbn [det].
    rewrite ln_mult by (first [assumption | apply det_positive; assumption]).
    assert (H1 := IH (schur A) (schur_symmetric A Hs) Hp Hm).
    assert (H2 := ln_tangent (A O O) m Ha Hm).
    assert (H3 : trace d (schur A) / m <= sum_below d (fun i => A (S i) (S i)) / m).
    { apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; assumption|].
      apply sum_below_le. intros i _. unfold schur. rewrite (Hs (S i) O).
      assert (0 <= A O (S i) * A O (S i) / A O O); [|lra].
      apply Rmult_le_pos; [nra|]. left. apply Rinv_0_lt_compat. assumption. }
    rewrite S_INR. unfold trace at 1. cbn [sum_below].
    replace ((A O O + sum_below d (fun i => A (S i) (S i))) / m)
      with (A O O / m + sum_below d (fun i => A (S i) (S i)) / m) by (field; lra).
    lra.
Qed.

(** * The matrices of the algorithm *)

(* [Sigma_t = lambda I + sum_{s < t} phi_s phi_s^T] *)
Definition Sigma (lambda : R) (phi : nat -> vector) (t : nat) : matrix :=
  fun i j => lambda * identity i j + sum_below t (fun s => phi s i * phi s j).

Lemma Sigma_next lambda phi t : Sigma lambda phi (S t) = grown (Sigma lambda phi t) 1 (phi t).
Proof. extensionality i; extensionality j. unfold Sigma, grown. rewrite sum_below_last. ring. Qed.

Lemma Sigma_symmetric lambda phi t : symmetric (Sigma lambda phi t).
Proof.
  intros i j. unfold Sigma, identity. rewrite Nat.eqb_sym. f_equal. apply sum_below_ext. intros. ring.
Qed.

Lemma Sigma_start lambda phi : Sigma lambda phi 0 = fun i j => lambda * identity i j.
Proof. extensionality i; extensionality j. unfold Sigma. simpl. ring. Qed.

Lemma schur_ridge lambda : lambda <> 0 ->
  schur (fun i j => lambda * identity i j) = fun i j => lambda * identity i j.
Proof. intros H. extensionality i; extensionality j. unfold schur, identity. simpl. field. assumption. Qed.

Lemma Sigma_positive d lambda phi t : 0 < lambda -> positive d (Sigma lambda phi t).
Proof.
  intros Hl. induction t as [|t IH].
  - rewrite Sigma_start. induction d as [|d IH]; simpl; [exact I|].
    split; [unfold identity; simpl; lra|]. rewrite schur_ridge by lra. exact IH.
  - rewrite Sigma_next. apply grown_positive; [apply Sigma_symmetric | assumption | lra].
Qed.

Lemma det_start d lambda phi : 0 < lambda -> ln (det d (Sigma lambda phi 0)) = INR d * ln lambda.
Proof.
  intros Hl. rewrite Sigma_start. induction d as [|d IH]; [simpl; rewrite ln_1; ring|].
  cbn [det]. rewrite schur_ridge by lra. rewrite ln_mult, IH, S_INR.
  - unfold identity. simpl. rewrite Rmult_1_r. ring.
  - unfold identity. simpl. lra.
  - apply det_positive. assert (H := Sigma_positive d lambda phi 0 Hl). rewrite Sigma_start in H. exact H.
Qed.

Lemma Sigma_trace d lambda phi t L :
  (forall s, (s < t)%nat -> dot d (phi s) (phi s) <= L * L) ->
  trace d (Sigma lambda phi t) <= INR d * lambda + INR t * (L * L).
Proof.
  intros Hphi. unfold trace, Sigma. rewrite sum_below_plus. apply Rplus_le_compat.
  - right. rewrite <- sum_below_constant. apply sum_below_ext. intros i _.
    unfold identity. rewrite Nat.eqb_refl. ring.
  - rewrite sum_below_swap, <- sum_below_constant. apply sum_below_le. exact Hphi.
Qed.

(* The sum_below of [ln (1 + |phi_t|^2)] telescopes to the growth of the determinant. *)
Lemma telescope d lambda phi T : 0 < lambda ->
  sum_below T (fun t => ln (1 + square d (Sigma lambda phi t) (phi t)))
  = ln (det d (Sigma lambda phi T)) - INR d * ln lambda.
Proof.
  intros Hl. induction T as [|T IH].
  - simpl. rewrite det_start by assumption. ring.
  - rewrite sum_below_last, IH, Sigma_next, det_grown by
      (first [apply Sigma_symmetric | apply Sigma_positive; assumption | lra]).
    assert (H1 := det_positive d _ (Sigma_positive d lambda phi T Hl)).
    assert (H2 := square_nonneg d _ (phi T) (Sigma_positive d lambda phi T Hl)).
    rewrite ln_mult by lra. rewrite Rmult_1_l. ring.
Qed.

Theorem ln_det_growth d lambda phi T L : (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < T)%nat -> dot d (phi t) (phi t) <= L * L) ->
  ln (det d (Sigma lambda phi T)) - INR d * ln lambda
  <= INR d * ln (1 + INR T * (L * L) / (INR d * lambda)).
Proof.
  intros Hd Hl Hphi.
  assert (Hdpos : 0 < INR d) by (apply lt_0_INR; assumption).
  assert (HT : 0 <= INR T * (L * L)) by (apply Rmult_le_pos; [apply pos_INR | nra]).
  set (m := lambda + INR T * (L * L) / INR d).
  assert (Hq : 0 <= INR T * (L * L) / INR d).
  { apply Rmult_le_pos; [assumption|]. left. apply Rinv_0_lt_compat. assumption. }
  assert (Hm : 0 < m) by (unfold m; lra).
  assert (H := ln_det_le d _ m (Sigma_symmetric lambda phi T) (Sigma_positive d lambda phi T Hl) Hm).
  assert (Ht : trace d (Sigma lambda phi T) / m <= INR d).
  { apply (Rmult_le_reg_r m); [assumption|]. replace (trace d (Sigma lambda phi T) / m * m)
      with (trace d (Sigma lambda phi T)) by (field; lra).
    replace (INR d * m) with (INR d * lambda + INR T * (L * L)) by (unfold m; field; lra).
    apply Sigma_trace. assumption. }
  replace (1 + INR T * (L * L) / (INR d * lambda)) with (m / lambda) by (unfold m; field; lra).
  unfold Rdiv at 1. rewrite ln_mult, ln_Rinv by (first [assumption | apply Rinv_0_lt_compat; assumption]).
  nra.
Qed.
